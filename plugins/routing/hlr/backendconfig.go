package hlr

import (
	"net"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
	"github.com/ppgbox/ppgbox/sdk/plugin"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// osmohlrFile is the table of the backend "osmohlr".
type osmohlrFile struct {
	Address     string `toml:"address"`
	Connect     string `toml:"connect_timeout"`
	LeastPause  string `toml:"least_pause"`
	MostPause   string `toml:"most_pause"`
	Outstanding int    `toml:"outstanding"`
	TrustPurged bool   `toml:"trust_purged"`
}

// shFile is the table of the backend "sh".
type shFile struct {
	Address          string `toml:"address"`
	OriginHost       string `toml:"origin_host"`
	OriginRealm      string `toml:"origin_realm"`
	PeerHost         string `toml:"peer_host"`
	DestinationRealm string `toml:"destination_realm"`
	DestinationHost  string `toml:"destination_host"`
	UserState        bool   `toml:"user_state"`
	CurrentLocation  bool   `toml:"current_location"`
	Connect          string `toml:"connect_timeout"`
	LeastPause       string `toml:"least_pause"`
	MostPause        string `toml:"most_pause"`
	Watchdog         string `toml:"watchdog"`
	Outstanding      int    `toml:"outstanding"`
}

// leastWatchdog is the shortest Tw (RFC 3539 §3.4.1).
const leastWatchdog = 6 * time.Second

func defaultOsmoHLR() osmohlrFile {
	return osmohlrFile{Connect: "1s", LeastPause: "100ms", MostPause: "5s", Outstanding: 256}
}

func defaultSh() shFile {
	return shFile{Connect: "5s", LeastPause: "1s", MostPause: "30s", Watchdog: "30s", Outstanding: 256}
}

func backendKeys() []plugin.Key {
	return append([]plugin.Key{
		{Name: "osmohlr", Type: plugin.TypeTable, Doc: "the backend osmohlr: an OsmoHLR by its control interface"},
		{Name: "osmohlr.address", Type: plugin.TypeString, Doc: "control interface, host:port, usually port 4259"},
		{Name: "osmohlr.connect_timeout", Type: plugin.TypeDuration, Default: `"1s"`, Doc: "time to connect"},
		{Name: "osmohlr.least_pause", Type: plugin.TypeDuration, Default: `"100ms"`, Doc: "pause after the first attempt to connect that failed"},
		{Name: "osmohlr.most_pause", Type: plugin.TypeDuration, Default: `"5s"`, Doc: "what that pause grows to"},
		{Name: "osmohlr.outstanding", Type: plugin.TypeInteger, Default: "256", Doc: "questions that wait for answers at most"},
		{Name: "osmohlr.trust_purged", Type: plugin.TypeBoolean, Default: "false", Doc: "whether who is marked as purged is not attached"},
		{Name: "sh", Type: plugin.TypeTable, Doc: "the backend sh: an HSS by Diameter"},
		{Name: "sh.address", Type: plugin.TypeString, Doc: "peer, host:port, usually port 3868"},
		{Name: "sh.origin_host", Type: plugin.TypeString, Doc: "Origin-Host of this gateway"},
		{Name: "sh.origin_realm", Type: plugin.TypeString, Doc: "Origin-Realm of this gateway"},
		{Name: "sh.peer_host", Type: plugin.TypeString, Doc: "Origin-Host that the peer must have; left out, any"},
		{Name: "sh.destination_realm", Type: plugin.TypeString, Doc: "Destination-Realm of questions"},
		{Name: "sh.destination_host", Type: plugin.TypeString, Doc: "Destination-Host, if one HSS of several is meant"},
		{Name: "sh.user_state", Type: plugin.TypeBoolean, Default: "false", Doc: "whether the user state is asked for beside the location"},
		{Name: "sh.current_location", Type: plugin.TypeBoolean, Default: "false", Doc: "whether the HSS asks the SGSN each time"},
		{Name: "sh.connect_timeout", Type: plugin.TypeDuration, Default: `"5s"`, Doc: "time to connect and exchange capabilities"},
		{Name: "sh.least_pause", Type: plugin.TypeDuration, Default: `"1s"`, Doc: "pause after the first attempt to connect that failed"},
		{Name: "sh.most_pause", Type: plugin.TypeDuration, Default: `"30s"`, Doc: "what that pause grows to"},
		{Name: "sh.watchdog", Type: plugin.TypeDuration, Default: `"30s"`, Doc: "silence after which the peer is asked for a sign of life"},
		{Name: "sh.outstanding", Type: plugin.TypeInteger, Default: "256", Doc: "questions that wait for answers at most"},
	}, gtpKeys()...)
}

func (f osmohlrFile) parse(problems *plugin.Problems) register.OsmoHLRConfig {
	checkAddress(problems, "osmohlr.address", f.Address)
	between(problems, "osmohlr.outstanding", f.Outstanding, maxOutstanding)
	least, most := pauses(problems, "osmohlr.", f.LeastPause, f.MostPause)
	return register.OsmoHLRConfig{
		Address:    f.Address,
		Connect:    duration(problems, "osmohlr.connect_timeout", f.Connect, time.Nanosecond),
		LeastPause: least, MostPause: most,
		Outstanding: f.Outstanding, TrustPurged: f.TrustPurged,
	}
}

func (f shFile) parse(problems *plugin.Problems) (peer diameter.Config, sh register.ShConfig) {
	checkAddress(problems, "sh.address", f.Address)
	between(problems, "sh.outstanding", f.Outstanding, maxOutstanding)
	least, most := pauses(problems, "sh.", f.LeastPause, f.MostPause)
	for _, name := range [...]struct {
		key, value string
		optional   bool
	}{
		{"sh.origin_host", f.OriginHost, false},
		{"sh.origin_realm", f.OriginRealm, false},
		{"sh.peer_host", f.PeerHost, true},
		{"sh.destination_realm", f.DestinationRealm, false},
		{"sh.destination_host", f.DestinationHost, true},
	} {
		switch {
		case name.value == "" && !name.optional:
			problems.Addf(name.key, "is missing")
		case name.value != "" && !isIdentity(name.value):
			problems.Addf(name.key, "%q is no diameter identity like hss.example.net", name.value)
		}
	}
	peer = diameter.Config{
		Address: f.Address, Host: f.OriginHost, Realm: f.OriginRealm, PeerHost: f.PeerHost, Application: diameter.Sh(),
		Connect:    duration(problems, "sh.connect_timeout", f.Connect, time.Nanosecond),
		LeastPause: least, MostPause: most,
		Watchdog:    duration(problems, "sh.watchdog", f.Watchdog, leastWatchdog),
		Outstanding: f.Outstanding,
	}
	sh = register.ShConfig{
		Realm: f.DestinationRealm, Host: f.DestinationHost, UserState: f.UserState, CurrentLocation: f.CurrentLocation,
	}
	return peer, sh
}

func pauses(problems *plugin.Problems, table, leastText, mostText string) (least, most time.Duration) {
	least = duration(problems, table+"least_pause", leastText, time.Nanosecond)
	most = duration(problems, table+"most_pause", mostText, time.Nanosecond)
	if most > 0 && most < least {
		problems.Addf(table+"most_pause", "%s is shorter than least_pause, %s", most, least)
	}
	return least, most
}

func checkAddress(problems *plugin.Problems, key, address string) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case address == "":
		problems.Addf(key, "is missing")
	case err != nil || host == "" || port == "":
		problems.Addf(key, "%q is no host:port", address)
	}
}

// isIdentity reports whether a name can be a DiameterIdentity, which is a domain name (RFC 6733 §4.3.1).
func isIdentity(s string) bool {
	return len(s) <= 255 && strings.Trim(s, letters+digits+"-._") == ""
}
