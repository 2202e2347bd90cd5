package diameter

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// An Application is what two peers have to have in common (RFC 6733 §2.4).
type Application struct {
	Vendor, ID uint32
}

// A Config says who this node is, who its peer is, and how long to wait for what. A zero duration or number means the default.
type Config struct {
	// Address is where the peer listens, host:port.
	Address string
	// Host and Realm are this node's Origin-Host and Origin-Realm.
	Host, Realm string
	// PeerHost is the Origin-Host that the peer has to have, "" for any.
	PeerHost string
	// Application is what requests are about.
	Application Application
	// Product is the Product-Name, "ppgbox" by default.
	Product string

	// Connect limits connecting and the capabilities exchange, 5 s by default.
	Connect time.Duration
	// Answer limits the wait for an answer, 5 s by default. A context may end it sooner.
	Answer time.Duration
	// Watchdog is Tw, the silence after which the peer is asked for a sign of life: 30 s by default, plus or minus 2 s by
	// chance from 6 s upwards (RFC 3539 §3.4.1).
	Watchdog time.Duration
	// LeastPause and MostPause bound the growing pause between two attempts to connect: 1 s and 30 s by default (RFC 6733 §12, Tc).
	LeastPause, MostPause time.Duration
	// Rest is the pause after a peer that said it is busy or does not want to talk (RFC 6733 §5.4.3), 5 min by default.
	Rest time.Duration

	// Outstanding is how many requests may wait for their answers, 256 by default.
	Outstanding int
	// MaxMessage is the longest message that is read, in octets, 64 KiB by default.
	MaxMessage int

	// AfterFunc calls f once in a goroutine of its own when d has passed, unless stop is called before; nil means the clock of
	// the machine. Watchdog and pauses wait on it.
	AfterFunc func(d time.Duration, f func()) (stop func())
}

func (c Config) withDefaults() (Config, error) {
	var wrong []error
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		wrong = append(wrong, fmt.Errorf("address of the peer: %w", err))
	}
	for _, name := range [...]struct{ what, value string }{{"host", c.Host}, {"realm", c.Realm}} {
		if !isIdentity(name.value) {
			wrong = append(wrong, fmt.Errorf("%s %q is no diameter identity", name.what, name.value))
		}
	}
	if c.PeerHost != "" && !isIdentity(c.PeerHost) {
		wrong = append(wrong, fmt.Errorf("host of the peer %q is no diameter identity", c.PeerHost))
	}
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.Connect, 5 * time.Second},
		{&c.Answer, 5 * time.Second},
		{&c.Watchdog, 30 * time.Second},
		{&c.LeastPause, time.Second},
		{&c.MostPause, 30 * time.Second},
		{&c.Rest, 5 * time.Minute},
	} {
		if *d.value < 0 {
			wrong = append(wrong, fmt.Errorf("a duration of %s", *d.value))
		}
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Outstanding < 0 || c.MaxMessage < 0 {
		wrong = append(wrong, errors.New("a limit below zero"))
	}
	if c.Outstanding == 0 {
		c.Outstanding = 256
	}
	if c.MaxMessage == 0 {
		c.MaxMessage = 64 << 10
	}
	if c.Product == "" {
		c.Product = "ppgbox"
	}
	if c.AfterFunc == nil {
		c.AfterFunc = func(d time.Duration, f func()) func() {
			t := time.AfterFunc(d, f)
			return func() { t.Stop() }
		}
	}
	return c, errors.Join(wrong...)
}

// isIdentity reports whether a name can be a DiameterIdentity, which is a domain name (RFC 6733 §4.3.1).
func isIdentity(s string) bool {
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
