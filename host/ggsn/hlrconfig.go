package ggsn

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
	"github.com/ppgbox/ppgbox/sdk/hlr"
)

// The backends, as the configuration names them.
const (
	backendOsmoHLR = "osmohlr"
	backendSh      = "sh"
	backendGTP     = "gtp"
)

// hlrFile is [hlr].
type hlrFile struct {
	Backend        string      `toml:"backend"`
	Within         string      `toml:"within"`
	Attempt        string      `toml:"attempt"`
	Tries          int         `toml:"tries"`
	Pause          string      `toml:"pause"`
	Remember       string      `toml:"remember"`
	RememberAbsent string      `toml:"remember_absent"`
	Entries        int         `toml:"cache_entries"`
	Outstanding    int         `toml:"outstanding"`
	OsmoHLR        osmohlrFile `toml:"osmohlr"`
	GTP            hlrGTPFile  `toml:"gtp"`
	Sh             shFile      `toml:"sh"`
}

type osmohlrFile struct {
	Address     string `toml:"address"`
	Connect     string `toml:"connect_timeout"`
	TrustPurged bool   `toml:"trust_purged"`
}

type hlrGTPFile struct {
	Address string `toml:"address"`
	Local   string `toml:"local"`
	T3      string `toml:"t3_response"`
	N3      int    `toml:"n3_requests"`
	Echo    string `toml:"echo"`
}

type shFile struct {
	Address          string `toml:"address"`
	OriginHost       string `toml:"origin_host"`
	OriginRealm      string `toml:"origin_realm"`
	PeerHost         string `toml:"peer_host"`
	DestinationRealm string `toml:"destination_realm"`
	DestinationHost  string `toml:"destination_host"`
	UserState        bool   `toml:"user_state"`
}

func defaultHLR() hlrFile {
	return hlrFile{
		Within: "3s", Attempt: "1s", Tries: 2, Pause: "100ms", Remember: "0s", RememberAbsent: "0s", Entries: 10_000, Outstanding: 256,
		OsmoHLR: osmohlrFile{Connect: "1s"}, GTP: hlrGTPFile{T3: "300ms", N3: 3, Echo: "60s"},
	}
}

// hlrConfig is [hlr] as it is used.
type hlrConfig struct {
	backend string // "" for none
	finder  hlr.Config
	osmohlr hlr.OsmoHLRConfig
	gtp     hlr.GTPConfig
	peer    diameter.Config
	sh      hlr.ShConfig
}

func (p *parser) hlr(f hlrFile) hlrConfig {
	c := hlrConfig{backend: f.Backend, finder: hlr.Config{
		Limit:    p.Duration("hlr.within", f.Within, time.Millisecond, time.Minute),
		Attempt:  p.Duration("hlr.attempt", f.Attempt, time.Millisecond, time.Minute),
		Attempts: p.Integer("hlr.tries", f.Tries, 1, 10),
		Pause:    p.Duration("hlr.pause", f.Pause, time.Millisecond, time.Minute),
		Remember: p.memory("hlr.remember", f.Remember), RememberAbsent: p.memory("hlr.remember_absent", f.RememberAbsent),
		Entries: p.Integer("hlr.cache_entries", f.Entries, 1, 1_000_000),
	}}
	p.Integer("hlr.outstanding", f.Outstanding, 1, 65_536)
	if c.finder.Attempt > c.finder.Limit {
		p.Problems.Addf("hlr.attempt", "%s is longer than within, %s", f.Attempt, f.Within)
	}
	switch f.Backend {
	case "":
	case backendOsmoHLR:
		p.Address("hlr.osmohlr.address", f.OsmoHLR.Address)
		c.osmohlr = hlr.OsmoHLRConfig{
			Address: f.OsmoHLR.Address, Connect: p.Duration("hlr.osmohlr.connect_timeout", f.OsmoHLR.Connect, time.Millisecond, time.Minute),
			Outstanding: f.Outstanding, TrustPurged: f.OsmoHLR.TrustPurged,
		}
	case backendGTP:
		c.gtp = p.hlrGTP(f.GTP, c.finder.Attempt)
		c.gtp.Outstanding = f.Outstanding
	case backendSh:
		c.peer, c.sh = p.sh(f.Sh)
		c.peer.Outstanding = f.Outstanding
	default:
		p.Problems.Addf("hlr.backend", `%q is none; there are "osmohlr", "sh" and "gtp"`, f.Backend)
	}
	return c
}

// memory is a duration of which nothing means that nothing is remembered, which an hlr.Config says by less than nothing.
func (p *parser) memory(key, text string) time.Duration {
	d := p.Duration(key, text, 0, 24*time.Hour)
	if d == 0 {
		return -1
	}
	return d
}

func (p *parser) hlrGTP(f hlrGTPFile, attempt time.Duration) hlr.GTPConfig {
	c := hlr.GTPConfig{
		T3Response: p.Duration("hlr.gtp.t3_response", f.T3, time.Millisecond, time.Minute),
		N3Requests: p.Integer("hlr.gtp.n3_requests", f.N3, 1, 20),
		Echo:       p.Duration("hlr.gtp.echo", f.Echo, 0, 24*time.Hour),
	}
	if all := c.T3Response * time.Duration(f.N3); all > attempt {
		p.Problems.Addf("hlr.gtp.t3_response", "n3_requests times %s is %s, longer than attempt, %s", f.T3, all, attempt)
	}
	if c.Echo > 0 && c.Echo < leastEcho {
		p.Problems.Addf("hlr.gtp.echo", "must be %s or longer, or 0s, not %s", leastEcho, c.Echo)
	}
	var err error
	if c.Address, err = netip.ParseAddrPort(f.Address); err != nil || c.Address.Addr().IsUnspecified() || c.Address.Port() == 0 {
		p.Problems.Addf("hlr.gtp.address", "%q is no address:port like 192.0.2.30:2123", f.Address)
		c.Address = netip.AddrPort{}
	}
	if f.Local != "" {
		if c.Local, err = netip.ParseAddrPort(f.Local); err != nil {
			p.Problems.Addf("hlr.gtp.local", "%q is no address:port like 192.0.2.10:0", f.Local)
		}
	}
	return c
}

func (p *parser) sh(f shFile) (diameter.Config, hlr.ShConfig) {
	p.Address("hlr.sh.address", f.Address)
	for _, name := range [...]struct{ key, value string }{
		{"origin_host", f.OriginHost}, {"origin_realm", f.OriginRealm}, {"destination_realm", f.DestinationRealm},
	} {
		if name.value == "" {
			p.Problems.Addf("hlr.sh."+name.key, "is missing")
		}
	}
	peer := diameter.Config{
		Address: f.Address, Host: f.OriginHost, Realm: f.OriginRealm, PeerHost: f.PeerHost, Application: diameter.Sh(),
	}
	return peer, hlr.ShConfig{Realm: f.DestinationRealm, Host: f.DestinationHost, UserState: f.UserState}
}
