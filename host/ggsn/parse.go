package ggsn

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/host/ggsn/address"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func (p *parser) ggsn(f ggsnFile, c *Config) {
	c.name, c.state, c.admin = f.Name, p.Resolve(f.State), f.Admin
	if n := len(f.Name); n < 1 || n > 64 {
		p.Problems.Addf("ggsn.name", "must have 1 to 64 characters")
	}
	if f.State == "" {
		p.Problems.Addf("ggsn.state", "is missing: SGSNs know a restart by the counter in this file")
	}
	p.loopback("ggsn.admin", f.Admin)
	if len(f.APNs) == 0 {
		p.Problems.Addf("ggsn.apns", "is missing: the access point that this GGSN serves")
	}
	for i, apn := range f.APNs {
		p.apn("ggsn.apns."+strconv.Itoa(i), apn)
		c.apns = append(c.apns, strings.ToLower(apn))
	}
	if len(f.APNs) > mostAPNs {
		p.Problems.Addf("ggsn.apns", "%d access points, there may be %d", len(f.APNs), mostAPNs)
	}
	c.contexts = p.Integer("ggsn.contexts", f.Contexts, 1, 10_000_000)
	c.idle = p.Duration("ggsn.idle", f.Idle, 0, 30*24*time.Hour)
	c.unsolicited = f.Unsolicited == "accept"
	if f.Unsolicited != "accept" && f.Unsolicited != "refuse" {
		p.Problems.Addf("ggsn.unsolicited", "must be \"accept\" or \"refuse\", not %q", f.Unsolicited)
	}
}

// mostAPNs is how many the table of contexts tells apart.
const mostAPNs = 100

// leastEcho is how long a GSN has to wait between two Echo Requests (§7.2.1).
const leastEcho = 60 * time.Second

func (p *parser) gtp(f gtpFile, names []sgsnFile, c *Config) {
	c.control, c.user = p.socket("gtp.control", f.Control), p.socket("gtp.user", f.User)
	c.t3 = p.Duration("gtp.t3_response", f.T3, time.Millisecond, time.Minute)
	c.n3 = p.Integer("gtp.n3_requests", f.N3, 1, 20)
	if c.echo = p.Duration("gtp.echo", f.Echo, 0, 24*time.Hour); c.echo > 0 && c.echo < leastEcho {
		p.Problems.Addf("gtp.echo", "must be %s or longer, or 0s, not %s", leastEcho, c.echo)
	}
	c.createRate = p.PerSecond("gtp.create_rate", f.CreateRate)
	c.createBurst = p.Integer("gtp.create_burst", f.CreateBurst, 1, 1_000_000)
	c.peerControl = uint16(p.Integer("gtp.peer_control_port", f.PeerControl, 1, 1<<16-1))
	c.peerUser = uint16(p.Integer("gtp.peer_user_port", f.PeerUser, 1, 1<<16-1))
	if len(f.SGSNs) == 0 {
		p.Problems.Addf("gtp.sgsns", "is missing: the SGSNs that this GGSN serves, as 192.0.2.0/24; nobody else is answered")
	}
	c.sgsns, c.rncs = p.prefixes("gtp.sgsns", f.SGSNs), p.prefixes("gtp.rncs", f.RNCs)
	c.names = make(map[string]netip.Addr)
	for i, s := range names {
		at := "sgsn." + strconv.Itoa(i) + "."
		a, err := netip.ParseAddr(s.Address)
		switch {
		case err != nil:
			p.Problems.Addf(at+"address", "%q is no address", s.Address)
		case !contains(c.sgsns, a):
			p.Problems.Addf(at+"address", "%s is not among gtp.sgsns", a)
		}
		for _, name := range s.Names {
			if _, twice := c.names[sgsnName(name)]; twice {
				p.Problems.Addf(at+"names", "%q has an address already", name)
			}
			c.names[sgsnName(name)] = a
		}
	}
}

func (p *parser) addresses(f file, c *Config) {
	c.quarantine = p.Duration("addresses.quarantine", f.Addresses.Quarantine, 0, 24*time.Hour)
	c.pool = p.prefixes("addresses.pool", f.Addresses.Pool)
	for i, prefix := range c.pool {
		if !prefix.Addr().Is4() || prefix.Bits() < 8 || prefix.Masked().Addr().IsUnspecified() || prefix.Addr().IsMulticast() {
			p.Problems.Addf("addresses.pool", "%s is no pool of IPv4 addresses, of /8 or smaller", prefix)
		}
		if slices.ContainsFunc(c.pool[:i], prefix.Overlaps) {
			p.Problems.Addf("addresses.pool", "%s overlaps with another one", prefix)
		}
	}
	if len(p.Problems) > 0 { // the book would not take it
		c.pool = nil
	}
	c.statics = p.statics(f)
	if len(f.Addresses.Pool) == 0 && c.statics.Len() == 0 {
		p.Problems.Addf("addresses.pool", "is missing, and so are static addresses: no terminal could have a context")
	}
}

// statics reads the static addresses of the table and of the file.
func (p *parser) statics(f file) *address.Statics {
	var rows []address.Static
	for i, s := range f.Statics {
		at := "static." + strconv.Itoa(i) + "."
		a, err := netip.ParseAddr(s.Address)
		if err != nil {
			p.Problems.Addf(at+"address", "%q is no address", s.Address)
			continue
		}
		rows = append(rows, address.Static{IMSI: push.IMSI(s.IMSI), Address: a})
	}
	all, err := address.NewStatics(rows)
	if err != nil {
		p.Problems.Addf("static", "%v", err)
		all, _ = address.NewStatics(nil)
	}
	if f.Addresses.File == "" {
		return all
	}
	in, err := os.Open(p.Resolve(f.Addresses.File))
	if err != nil {
		p.Problems.Addf("addresses.static_file", "%v", err)
		return all
	}
	defer func() { _ = in.Close() }()
	if err := all.Read(in); err != nil {
		p.Problems.Addf("addresses.static_file", "%s: %v", f.Addresses.File, err)
	}
	return all
}

func (p *parser) push(f pushFile, c *Config) {
	var err error
	if c.source, err = netip.ParseAddr(f.Source); err != nil || !c.source.Is4() || c.source.IsUnspecified() || c.source.IsMulticast() {
		p.Problems.Addf("push.source", "must be the IPv4 address that pushes come from as terminals see it, not %q", f.Source)
	}
	for _, own := range [...]netip.Addr{c.source, c.tunAddress.Addr()} {
		if imsi, taken := c.statics.Owner(own); taken {
			p.Problems.Addf("static", "%s is an address of this node, and no terminal's, not IMSI %s's", own, imsi)
		}
	}
	c.mtu = p.Integer("push.mtu", f.MTU, 576, 9000)
	c.listen = p.Duration("push.listen_for_errors", f.Listen, 0, time.Minute)
}

func (p *parser) tun(f tunFile, c *Config) {
	c.tun = f.Name
	if len(f.Name) > 15 || strings.ContainsAny(f.Name, "/ \t") {
		p.Problems.Addf("tun.name", "%q can be no interface's name", f.Name)
	}
	if f.Address == "" {
		return
	}
	var err error
	if c.tunAddress, err = netip.ParsePrefix(f.Address); err != nil || !c.tunAddress.Addr().Is4() {
		p.Problems.Addf("tun.address", "must be like 10.46.0.1/16, not %q", f.Address)
	}
	if f.Name == "" {
		p.Problems.Addf("tun.address", "there is no tun.name")
	}
}

func (p *parser) radius(f radiusFile, c *Config) {
	a := &c.accounting
	a.Timeout = p.Duration("radius.timeout", f.Timeout, 10*time.Millisecond, time.Minute)
	a.MostPause = p.Duration("radius.most_pause", f.MostPause, 10*time.Millisecond, time.Hour)
	a.GiveUp = p.Duration("radius.give_up", f.GiveUp, 100*time.Millisecond, 24*time.Hour)
	a.Window = p.Integer("radius.window", f.Window, 1, 200)
	a.Queue = p.Integer("radius.queue", f.Queue, 1, 10_000_000)
	if c.interim = p.Duration("radius.interim", f.Interim, 0, 24*time.Hour); c.interim > 0 && c.interim < time.Minute {
		p.Problems.Addf("radius.interim", "must be 1m or longer, or 0s, not %s", c.interim)
	}
	if a.Server = f.Server; f.Server == "" {
		return
	}
	p.Address("radius.server", f.Server)
	if a.Secret = []byte(p.firstLine("radius.secret_file", f.SecretFile)); len(a.Secret) == 0 {
		p.Problems.Addf("radius.secret_file", "has no shared secret")
	}
}

func (p *parser) activation(f activationFile, c *Config) {
	var err error
	if c.variant, err = activation.ParseVariant(f.Variant); err != nil {
		p.Problems.Addf("activation.variant", "%v", err)
	}
	c.extension = uint16(p.Integer("activation.extension", f.Extension, 1, 1<<16-1))
	c.limits = activation.Limits{
		Pushes:            p.Integer("activation.pushes", f.Pushes, 1, 10_000_000),
		PushesPerTerminal: p.Integer("activation.pushes_per_terminal", f.PushesPerTerminal, 1, 10_000),
		Packets:           p.Integer("activation.packets_per_terminal", f.Packets, 1, 1000),
		Queries:           p.Integer("activation.questions", f.Questions, 1, 65_536),
		Within:            p.Duration("activation.within", f.Within, time.Second, 24*time.Hour),
		Activation:        p.Duration("activation.timeout", f.Timeout, 100*time.Millisecond, time.Hour),
		Pause:             p.Duration("activation.pause", f.Pause, time.Millisecond, time.Hour),
		Hold:              p.Duration("activation.hold", f.Hold, time.Millisecond, 24*time.Hour),
	}
}
