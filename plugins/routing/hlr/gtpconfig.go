package hlr

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/plugin"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// gtpFile is the table of the backend "gtp".
type gtpFile struct {
	Address     string `toml:"address"`
	Local       string `toml:"local"`
	T3Response  string `toml:"t3_response"`
	N3Requests  int    `toml:"n3_requests"`
	Echo        string `toml:"echo"`
	Outstanding int    `toml:"outstanding"`
	WithAPN     string `toml:"with_apn"`
	Extension   int    `toml:"extension"`
}

// leastEcho is how long a GSN has to wait between two Echo Requests (3GPP TS 29.060 §7.2.1).
const leastEcho = 60 * time.Second

func defaultGTP() gtpFile {
	return gtpFile{T3Response: "300ms", N3Requests: 3, Echo: "60s", Outstanding: 256, Extension: int(gtp.APNExtensionID)}
}

func gtpKeys() []plugin.Key {
	return []plugin.Key{
		{Name: "gtp", Type: plugin.TypeTable, Doc: "the backend gtp: an HLR through a GSN that converts between GTP and MAP"},
		{Name: "gtp.address", Type: plugin.TypeString, Doc: "the GSN, address:port, usually port 2123"},
		{Name: "gtp.local", Type: plugin.TypeString, Doc: "where questions come from, address:port; port 0 is any. Left out, any address"},
		{Name: "gtp.t3_response", Type: plugin.TypeDuration, Default: `"300ms"`, Doc: "T3-RESPONSE, the time before a question is sent again"},
		{Name: "gtp.n3_requests", Type: plugin.TypeInteger, Default: "3", Doc: "N3-REQUESTS, how often it is sent in all"},
		{Name: "gtp.echo", Type: plugin.TypeDuration, Default: `"60s"`, Doc: "how often the GSN is asked for a sign of life; 0s is never"},
		{Name: "gtp.outstanding", Type: plugin.TypeInteger, Default: "256", Doc: "questions that wait for answers at most"},
		{Name: "gtp.with_apn", Type: plugin.TypeString, Doc: "access point whose GGSN is asked for, in a private extension"},
		{Name: "gtp.extension", Type: plugin.TypeInteger, Default: "32473", Doc: "identifier of that private extension"},
	}
}

func (f gtpFile) parse(problems *plugin.Problems, attempt time.Duration) register.GTPConfig {
	between(problems, "gtp.outstanding", f.Outstanding, maxOutstanding)
	between(problems, "gtp.n3_requests", f.N3Requests, maxTries)
	between(problems, "gtp.extension", f.Extension, 1<<16-1)
	checkAPN(problems, "gtp.with_apn", f.WithAPN)
	c := register.GTPConfig{
		T3Response: duration(problems, "gtp.t3_response", f.T3Response, time.Nanosecond),
		N3Requests: f.N3Requests, Outstanding: f.Outstanding, Extension: uint16(f.Extension),
		Echo: duration(problems, "gtp.echo", f.Echo, 0),
	}
	if c.Echo > 0 && c.Echo < leastEcho {
		problems.Addf("gtp.echo", "must be %s or longer, or 0s, not %s", leastEcho, c.Echo)
	}
	if all := c.T3Response * time.Duration(f.N3Requests); attempt > 0 && all > attempt && f.N3Requests <= maxTries {
		problems.Addf("gtp.t3_response", "n3_requests times %s is %s, longer than attempt, %s", c.T3Response, all, attempt)
	}
	if f.Address == "" {
		problems.Addf("gtp.address", "is missing")
		return c
	}
	var err error
	if c.Address, err = netip.ParseAddrPort(f.Address); err != nil || c.Address.Addr().IsUnspecified() || c.Address.Port() == 0 {
		problems.Addf("gtp.address", "%q is no address:port like 192.0.2.30:2123", f.Address)
	}
	if f.Local == "" {
		return c
	}
	switch c.Local, err = netip.ParseAddrPort(f.Local); {
	case err != nil:
		problems.Addf("gtp.local", "%q is no address:port like 192.0.2.10:0", f.Local)
	case c.Address.IsValid() && c.Local.Addr().Is4() != c.Address.Addr().Is4():
		problems.Addf("gtp.local", "%s can not reach %s", c.Local, c.Address)
	}
	return c
}
