package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// config reads the whole file.
func (r *reader) config(raw map[string]any, c *Config) {
	top := &table{reader: r, values: raw}
	r.gateway(top.sub("gateway"), &c.Gateway)
	r.listen(top.sub("listen"), &c.Listen)
	r.subscribers(top.sub("subscribers"), &c.Subscribers)
	c.Clients = r.clients(top.tables("client"), c.Listen.Client)
	c.Relays = r.relays(top.tables("relay"))
	r.listeners(c)
	r.radius(top.sub("radius"), c.Listen.RADIUS, &c.RADIUS)
	c.Applications = r.applications(top.tables("application"))
	c.Initiators = r.initiators(top.tables("initiator"), c)
	c.Plugins = r.plugins(top.sub("plugin"))
	c.Policies = r.policies(top.tables("policy"), c.Plugins)
	r.limits(top.sub("limits"), &c.Limits)
	r.notify(top.sub("notify"), &c.Notify)
	top.done()
}

func (r *reader) gateway(t *table, g *Gateway) {
	defer t.done()
	g.Name = t.text("name", "localhost")
	if g.Name == "" || strings.ContainsAny(g.Name, " /@=:") {
		t.bad("name", "", "must be a host name, as in WAPPUSH=…@ppg.example.net, not %q", g.Name)
	}
	g.Store = r.store(t)
	g.PluginDir = r.resolve(t.text("plugin_dir", "plugins"))
	g.LockFile = r.resolve(t.text("lock_file", "ppgbox.lock"))
	g.RunDir = r.resolve(t.text("run_dir", ""))
}

// store reads the address of the store and resolves its file.
func (r *reader) store(t *table) string {
	s := t.text("store", "sqlite:data/ppgbox.db")
	scheme, rest, _ := strings.Cut(s, ":")
	switch {
	case scheme == "postgres" || scheme == "postgresql":
		t.bad("store", "", "PostgreSQL is not available yet")
	case scheme != "sqlite":
		t.bad("store", "sqlite:data/ppgbox.db", `must be "sqlite:" and a file, not %q`, s)
	case rest == "":
		t.bad("store", "sqlite:data/ppgbox.db", "names no file")
	}
	return "sqlite:" + r.resolve(rest)
}

func (r *reader) listen(t *table, l *Listen) {
	defer t.done()
	l.PAP = t.text("pap", "127.0.0.1:8080")
	if l.PAP == "" {
		t.bad("pap", "", "is empty: nobody could push")
	}
	l.Admin = t.text("admin", "127.0.0.1:8081")
	l.Client, l.RADIUS = t.text("client", ""), t.text("radius", "")
	l.Profile = t.flag("profile")
	r.listenTLS(t, l)
	for key, address := range map[string]string{"pap": l.PAP, "admin": l.Admin, "client": l.Client, "radius": l.RADIUS} {
		if address != "" {
			r.address(t, key, address)
		}
	}
	if host, _, err := net.SplitHostPort(l.Admin); err == nil && !loopback(host) {
		t.bad("admin", "", "must be a loopback address such as 127.0.0.1:8081: there is no authentication at it yet")
	}
}

// address checks "host:port".
func (r *reader) address(t *table, key, s string) {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		t.bad(key, "", `must be "host:port", not %q`, s)
		return
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		t.bad(key, "", "has no port from 0 to 65535: %q", s)
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (r *reader) limits(t *table, l *Limits) {
	defer t.done()
	l.Body = t.size("body", 1<<20, 1<<10, 3<<20)
	l.Recipients = t.number("recipients", 1000, 1, 1_000_000)
	l.Pending = t.number("pending", 200_000, 1, 100_000_000)
	l.Connections = t.number("connections", 1024, 1, 1_000_000)
	l.Lifetime = t.duration("lifetime", 72*time.Hour, time.Second, year)
	l.Keep = t.duration("keep", 168*time.Hour, 0, 10*year)
	l.KeepPushes = t.number("keep_pushes", 1_000_000, 0, 1_000_000_000)
}

const year = 365 * 24 * time.Hour

func (r *reader) notify(t *table, n *Notify) {
	defer t.done()
	n.Timeout = t.duration("timeout", 30*time.Second, time.Millisecond, time.Hour)
	n.RetryMin = t.duration("retry_min", 5*time.Second, time.Millisecond, 24*time.Hour)
	n.RetryMax = t.duration("retry_max", 10*time.Minute, time.Millisecond, 24*time.Hour)
	if n.RetryMax < n.RetryMin {
		t.bad("retry_max", "", "is %s, less than retry_min with %s", short(n.RetryMax), short(n.RetryMin))
	}
	n.GiveUp = t.duration("give_up", 24*time.Hour, time.Second, year)
	n.Parallel = t.number("parallel", 32, 1, 10_000)
}

// prefix reads "192.0.2.0/24", or one address as a prefix of its own. IPv4 written as IPv6 becomes IPv4, as it is compared.
func prefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if a := p.Addr(); err == nil && a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), err == nil
}

// rate reads "200/s", "12000/m" or "1000/h" as a number a second.
func (r *reader) rate(t *table, key string) float64 {
	s := t.text(key, "")
	if s == "" {
		return 0
	}
	count, unit, _ := strings.Cut(s, "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
	seconds := map[string]float64{"s": 1, "m": 60, "h": 3600}[strings.TrimSpace(unit)]
	if err != nil || seconds == 0 || !(n > 0 && n <= 1e9) {
		t.bad(key, "", `must be a rate like "200/s", "1000/m" or "5000/h", not %q`, s)
		return 0
	}
	return n / seconds
}
