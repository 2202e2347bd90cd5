package config

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Subscribers is [subscribers]: whom user identifiers stand for, and how long what is known of terminals counts.
type Subscribers struct {
	// PushDomains are the domains of this gateway's user identifiers, user@push-domain, in lower case. None, the default: every USER
	// address is refused.
	PushDomains []string
	// DynamicValidity is how long a dynamic identifier is valid after a registration. Default 24h.
	DynamicValidity time.Duration
	// SessionExpiry is how long a session counts without being told of again; 0 is for ever. Default 25h.
	SessionExpiry time.Duration
	// Most and MostSessions bound what is kept. Defaults 2000000 and 1000000.
	Most, MostSessions int
}

// A Client is one [[client]], a listener for push client registration on the private network of one GGSN and access point; and so
// is listen.client, where there is but one: its GGSN is DefaultGGSN.
type Client struct {
	Address string
	// GGSN is the operator's name of the GGSN, the same as in [[radius.client]], and APN the access point that RADIUS names, in lower
	// case: a registration and the accounting of the same address are of one session by these.
	GGSN, APN string
	// Certificate and Key are PEM files for TLS; both or none.
	Certificate, Key string
}

// A Relay is one [[relay]]: a push GGSN that passes registrations on.
type Relay struct {
	Name         string
	PasswordFile string
	PasswordHash []byte // what Load read from it
	Source       []netip.Prefix
	// GGSN are the names of the GGSNs that it may speak for; its own by default.
	GGSN []string
}

// RADIUS is [radius]: what the accounting listener does.
type RADIUS struct {
	Clients []RADIUSClient
	Forward *RADIUSForward // nil for none
}

// A RADIUSClient is one [[radius.client]]: a GGSN, or a RADIUS proxy in front of some.
type RADIUSClient struct {
	Source     []netip.Prefix
	SecretFile string
	Secret     []byte // what Load read from it
	// GGSN is its name; "" to take it from each packet.
	GGSN string
}

// RADIUSForward is [radius.forward]: the next server.
type RADIUSForward struct {
	Address    string
	SecretFile string
	Secret     []byte
	Timeout    time.Duration // of one try; default 2s
	Tries      int           // default 3
	// WaitForAnswer answers the GGSN only after the next server has answered. Default false.
	WaitForAnswer bool
}

// DefaultGGSN is the name of the GGSN whose terminals register at listen.client.
const DefaultGGSN = "default"

func (r *reader) subscribers(t *table, s *Subscribers) {
	defer t.done()
	for i, d := range t.texts("push_domains") {
		name := strings.ToLower(d)
		if d == "" || strings.ContainsAny(d, " /@=:") {
			t.problem(t.item("push_domains", i), "", "must be a domain name, the part of user@push-domain behind the \"@\", not %q", d)
			continue
		}
		s.PushDomains = append(s.PushDomains, name)
	}
	s.DynamicValidity = t.duration("dynamic_validity", 24*time.Hour, time.Minute, year)
	s.SessionExpiry = t.duration("session_expiry", 25*time.Hour, 0, year)
	s.Most = t.number("most", 2_000_000, 1, 100_000_000)
	s.MostSessions = t.number("most_sessions", 1_000_000, 1, 100_000_000)
}

// clients reads [[client]]. Its first element is listen.client, if that is set.
func (r *reader) clients(ts []*table, listen string) []Client {
	var list []Client
	if listen != "" {
		list = append(list, Client{Address: listen, GGSN: DefaultGGSN})
	}
	for _, t := range ts {
		c := Client{
			Address: t.required("address"), GGSN: t.required("ggsn"), APN: strings.ToLower(t.text("apn", "")),
			Certificate: r.resolve(t.text("certificate", "")), Key: r.resolve(t.text("key", "")),
		}
		if c.Address != "" {
			r.address(t, "address", c.Address)
		}
		if (c.Certificate == "") != (c.Key == "") {
			t.bad("certificate", "", "certificate and key are both needed, or none")
		}
		if c.GGSN != "" && slices.ContainsFunc(list, func(o Client) bool { return o.GGSN == c.GGSN && o.APN == c.APN }) {
			t.bad("apn", "", "there is another listener for ggsn %q and apn %q: overlapping addresses are told apart by these", c.GGSN, c.APN)
		}
		if c.APN != "" && !isAPN(c.APN) {
			t.bad("apn", "", "is no access point name: letters, digits, hyphens and dots (TS 23.003 §9.1), not %q", c.APN)
		}
		t.done()
		list = append(list, c)
	}
	return list
}

func (r *reader) relays(ts []*table) []Relay {
	var list []Relay
	for _, t := range ts {
		l := Relay{
			Name: t.required("name"), PasswordFile: r.resolve(t.required("password_file")),
			Source: r.prefixes(t, "source"), GGSN: t.texts("ggsn"),
		}
		if l.Name != "" && slices.ContainsFunc(list, func(o Relay) bool { return o.Name == l.Name }) {
			t.bad("name", "", "%q is the name of another relay", l.Name)
		}
		if strings.Contains(l.Name, ":") {
			t.bad("name", "", "must not contain a colon (RFC 7617 §2)")
		}
		if !t.has("source") {
			t.bad("source", "", "is required: the addresses that it speaks from")
		}
		if len(l.GGSN) == 0 {
			l.GGSN = []string{l.Name}
		}
		t.done()
		list = append(list, l)
	}
	return list
}

func (r *reader) radius(t *table, listen string, c *RADIUS) {
	defer t.done()
	for _, ct := range t.tables("client") {
		cl := RADIUSClient{
			Source: r.prefixes(ct, "source"), SecretFile: r.resolve(ct.required("secret_file")), GGSN: ct.text("ggsn", ""),
		}
		for i, p := range cl.Source {
			for n, o := range c.Clients {
				if slices.Contains(o.Source, p) {
					ct.problem(ct.item("source", i), "", "%s is a source of client %d, too: a message has one client", p, n+1)
				}
			}
		}
		if !ct.has("source") {
			ct.bad("source", "", "is required: the addresses that its packets come from")
		}
		ct.done()
		c.Clients = append(c.Clients, cl)
	}
	if t.has("forward") {
		f := t.sub("forward")
		c.Forward = &RADIUSForward{
			Address: f.required("address"), SecretFile: r.resolve(f.required("secret_file")),
			Timeout: f.duration("timeout", 2*time.Second, 10*time.Millisecond, time.Minute), Tries: f.number("tries", 3, 1, 20),
			WaitForAnswer: f.flag("wait_for_answer"),
		}
		if c.Forward.Address != "" {
			r.address(f, "address", c.Forward.Address)
		}
		f.done()
	}
	switch {
	case listen != "" && len(c.Clients) == 0:
		t.problem(path{"listen", "radius"}, "", "needs a [[radius.client]]: nobody may send accounting to it")
	case listen == "" && len(c.Clients) > 0:
		t.problem(t.path, "", "has clients and no listener: listen.radius is empty")
	}
}

// isAPN reports whether a name can be an access point's (TS 23.003 §9.1).
func isAPN(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.Trim(label, apnLetters) != "" {
			return false
		}
	}
	return len(name) <= 100
}

const apnLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"

// A listener is an address that the gateway takes.
type listener struct {
	at      path // of its key
	address string
}

// listeners reports those that can not be open at the same time. RADIUS is UDP and collides with none of them.
func (r *reader) listeners(c *Config) {
	all := []listener{{path{"listen", "pap"}, c.Listen.PAP}, {path{"listen", "admin"}, c.Listen.Admin}}
	for i, cl := range c.Clients {
		at := path{"client", strconv.Itoa(i), "address"}
		switch {
		case c.Listen.Client != "" && i == 0:
			at = path{"listen", "client"}
		case c.Listen.Client != "":
			at = path{"client", strconv.Itoa(i - 1), "address"}
		}
		all = append(all, listener{at, cl.Address})
	}
	for i, l := range all {
		for _, o := range all[:i] {
			if collide(l.address, o.address) {
				r.problem(l.at, "", "%s can not be open beside %s, which is %s", l.address, o.at, o.address)
			}
		}
	}
}

// collide reports whether two addresses "host:port" can not both be listened at. Names of hosts are not looked up.
func collide(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	anyA, anyB := netip.Addr{}, netip.Addr{}
	if ip, err := netip.ParseAddr(hostA); err == nil {
		anyA = ip
	}
	if ip, err := netip.ParseAddr(hostB); err == nil {
		anyB = ip
	}
	return hostA == hostB || hostA == "" || hostB == "" || anyA.IsUnspecified() || anyB.IsUnspecified()
}

// prefixes reads a list of addresses and prefixes.
func (r *reader) prefixes(t *table, key string) (list []netip.Prefix) {
	for i, s := range t.texts(key) {
		if p, ok := prefix(s); ok {
			list = append(list, p)
		} else if s != "" {
			t.problem(t.item(key, i), "", "must be an IP address or a prefix like 192.0.2.0/24, not %q", s)
		}
	}
	return list
}

// readSecrets reads the files of relays and RADIUS clients and returns what is wrong with them.
func (c *Config) readSecrets() (ps Problems) {
	report := func(p path, text string) {
		ps = append(ps, Problem{File: c.File, Line: c.lines.of(p), Key: p.String(), Text: text})
	}
	for i := range c.Relays {
		l := &c.Relays[i]
		if l.PasswordFile == "" {
			continue // and Parse said so
		}
		var text string
		if l.PasswordHash, text = readHash(l.PasswordFile); text != "" {
			report(path{"relay", strconv.Itoa(i), "password_file"}, text)
		}
	}
	for i, cl := range c.Clients {
		if cl.Certificate == "" || cl.Key == "" {
			continue
		}
		if c.Listen.Client != "" {
			i--
		}
		if _, err := tls.LoadX509KeyPair(cl.Certificate, cl.Key); err != nil {
			report(path{"client", strconv.Itoa(i), "certificate"}, err.Error())
		}
	}
	for i := range c.RADIUS.Clients {
		cl := &c.RADIUS.Clients[i]
		var err error
		if cl.Secret, err = readSecret(cl.SecretFile); err != nil {
			report(path{"radius", "client", strconv.Itoa(i), "secret_file"}, err.Error())
		}
	}
	if f := c.RADIUS.Forward; f != nil {
		var err error
		if f.Secret, err = readSecret(f.SecretFile); err != nil {
			report(path{"radius", "forward", "secret_file"}, err.Error())
		}
	}
	return ps
}

// readSecret reads a shared secret: the file's first line; nothing of no file. An error never holds what is in the file.
func readSecret(file string) ([]byte, error) {
	if file == "" {
		return nil, nil // and Parse said so
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return nil, fmt.Errorf("%s is empty; write the shared secret into it", file)
	}
	return []byte(line), nil
}
