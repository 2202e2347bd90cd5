package smsc

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/config"
)

// esmeFile is [[esme]] as it is written.
type esmeFile struct {
	SystemID     string   `toml:"system_id"`
	PasswordFile string   `toml:"password_file"`
	Networks     []string `toml:"networks"`
	Senders      []string `toml:"senders"`
	Class        *string  `toml:"class"`
	Priority     int      `toml:"priority"`
	Window       *int     `toml:"window"`
	Rate         string   `toml:"rate"`
	MaxBinds     *int     `toml:"max_binds"`
	AnswerWithin *string  `toml:"answer_within"`
	OnLinkLoss   *string  `toml:"on_link_loss"`
	ErrorBody    *bool    `toml:"error_body"`
	Adopt        bool     `toml:"adopt"`
	AdoptTimer   *string  `toml:"adopt_timer"`
	AdoptWindow  *int     `toml:"adopt_window"`
}

const (
	maxSystemID = 15 // octets (SMPP 3.4 §5.2.1)
	maxPriority = 7
	maxWindow   = 1_000_000
)

// The longest time until an answer: more than a transaction's window, and, for a gateway that adopts, less than the time after
// which Kannel gives a link up (wait-ack, 60 s).
const (
	defaultAnswerWithin = 90 * time.Second
	adoptAnswerWithin   = 50 * time.Second
)

func (p *parser) esmes(files []esmeFile, c *Config) {
	if len(files) == 0 {
		p.Problems.Addf("esme", "is missing: nobody may submit anything")
	}
	for i, f := range files {
		at := fmt.Sprintf("esme.%d.", i)
		if slices.ContainsFunc(c.esmes, func(o esmeConfig) bool { return o.systemID == f.SystemID }) {
			p.Problems.Addf(at+"system_id", "%q is another ESME's", f.SystemID)
		}
		c.esmes = append(c.esmes, p.esme(at, f))
	}
}

func (p *parser) esme(at string, f esmeFile) esmeConfig {
	c := esmeConfig{systemID: f.SystemID, senders: f.Senders, errorBody: deref(f.ErrorBody, true), adopt: f.Adopt, priority: f.Priority}
	if n := len(f.SystemID); n == 0 || n > maxSystemID {
		p.Problems.Addf(at+"system_id", "must have 1 to %d characters", maxSystemID)
	}
	if f.PasswordFile != "" {
		hash, err := config.PasswordHash(p.Resolve(f.PasswordFile))
		if err != nil {
			p.Problems.Addf(at+"password_file", "%v", err)
		}
		c.hash = hash
	}
	for _, s := range f.Networks {
		n, ok := prefixOf(s)
		if !ok {
			p.Problems.Addf(at+"networks", "%q is no IP address and no prefix like 192.0.2.0/24", s)
		}
		c.networks = append(c.networks, n)
	}
	c.other = p.word(at+"class", f.Class, classPush, classOther)
	c.abandon = p.word(at+"on_link_loss", f.OnLinkLoss, "finish", "abandon")
	p.Integer(at+"priority", f.Priority, -maxPriority, maxPriority)
	c.window = p.Integer(at+"window", deref(f.Window, 1000), 1, maxWindow)
	c.maxBinds = p.Integer(at+"max_binds", deref(f.MaxBinds, 4), 1, 10_000)
	c.rate = p.PerSecond(at+"rate", f.Rate)
	within := defaultAnswerWithin
	if f.Adopt {
		within = adoptAnswerWithin
	}
	c.answerWithin = p.Duration(at+"answer_within", deref(f.AnswerWithin, within.String()), 10*time.Millisecond, 24*time.Hour)
	c.adoptTimer = p.Duration(at+"adopt_timer", deref(f.AdoptTimer, "10s"), 10*time.Millisecond, time.Hour)
	c.adoptWindow = p.Integer(at+"adopt_window", deref(f.AdoptWindow, 10), 1, maxWindow)
	if f.Adopt && c.adoptTimer >= c.answerWithin {
		p.Problems.Addf(at+"adopt_timer", "must be shorter than answer_within, %s", c.answerWithin)
	}
	if !f.Adopt && (f.AdoptTimer != nil || f.AdoptWindow != nil) {
		p.Problems.Addf(at+"adopt", "must be true for adopt_timer and adopt_window")
	}
	return c
}

// word reads one of two words and says whether it is the second; the first is the default.
func (p *parser) word(key string, given *string, first, second string) bool {
	s := deref(given, first)
	if s != first && s != second {
		p.Problems.Addf(key, "must be %q or %q, not %q", first, second, s)
	}
	return s == second
}

func deref[T any](v *T, def T) T {
	if v == nil {
		return def
	}
	return *v
}

// prefixOf reads a prefix, or one address as a prefix of its own.
func prefixOf(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// allows says whether the ESME may connect from an address.
func (c *esmeConfig) allows(a netip.Addr) bool {
	return len(c.networks) == 0 || slices.ContainsFunc(c.networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// maySend says whether the ESME may send from a source address. A "*" at the end of a sender stands for anything.
func (c *esmeConfig) maySend(source string) bool {
	return len(c.senders) == 0 || slices.ContainsFunc(c.senders, func(s string) bool {
		prefix, wild := strings.CutSuffix(s, "*")
		return s == source || wild && strings.HasPrefix(source, prefix)
	})
}
