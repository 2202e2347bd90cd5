package hlr

import (
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
	"github.com/ppgbox/ppgbox/sdk/plugin"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

func parsed(t *testing.T, toml string) config {
	t.Helper()
	c, err := parseConfig(plugin.Config{TOML: []byte(toml)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	const node = "default_node = \"a\"\n"
	want := register.Config{
		Limit: 3 * time.Second, Attempt: time.Second, Attempts: 2, Pause: 100 * time.Millisecond,
		Remember: 10 * time.Second, RememberAbsent: 5 * time.Second, Entries: 10_000,
	}
	c := parsed(t, node+osmohlr)
	if c.finder != want {
		t.Errorf("finder: %+v", c.finder)
	}
	if want := (register.OsmoHLRConfig{
		Address: "127.0.0.1:4259", Connect: time.Second, LeastPause: 100 * time.Millisecond, MostPause: 5 * time.Second, Outstanding: 256,
	}); c.osmohlr != want {
		t.Errorf("osmohlr: %+v", c.osmohlr)
	}
	c = parsed(t, node+sh)
	if want := (diameter.Config{
		Address: "127.0.0.1:3868", Host: "ppg.example.net", Realm: "example.net", Application: diameter.Sh(),
		Connect: 5 * time.Second, LeastPause: time.Second, MostPause: 30 * time.Second, Watchdog: 30 * time.Second, Outstanding: 256,
	}); !reflect.DeepEqual(c.peer, want) {
		t.Errorf("peer: %+v", c.peer)
	}
	if want := (register.ShConfig{Realm: "ims.example.net"}); c.sh != want {
		t.Errorf("sh: %+v", c.sh)
	}
}

func TestEveryKey(t *testing.T) {
	c := parsed(t, `
backend = "sh"
within = "7s"
attempt = "2s"
tries = 3
pause = "4s"
remember = "0s"
remember_absent = "1m"
cache_entries = 5
default_node = "n"
default_apn = "a.b"
[osmohlr]
address = "hlr:1"
connect_timeout = "2s"
least_pause = "3s"
most_pause = "4s"
outstanding = 5
trust_purged = true
[sh]
address = "hss:1"
origin_host = "a"
origin_realm = "b"
peer_host = "c"
destination_realm = "d"
destination_host = "e"
user_state = true
current_location = true
connect_timeout = "2s"
least_pause = "3s"
most_pause = "4s"
watchdog = "6s"
outstanding = 7
[[sgsn]]
sgsn = ["+1", "X*"]
node = "m"
apn = "c"
`)
	want := config{
		backend: "sh",
		finder: register.Config{
			Limit: 7 * time.Second, Attempt: 2 * time.Second, Attempts: 3, Pause: 4 * time.Second,
			Remember: -1, RememberAbsent: time.Minute, Entries: 5,
		},
		places: places{
			rows: []row{{place{"m", "c"}, []pattern{{name: "1"}, {name: "x", beginning: true}}}},
			rest: place{"n", "a.b"},
		},
		osmohlr: register.OsmoHLRConfig{
			Address: "hlr:1", Connect: 2 * time.Second, LeastPause: 3 * time.Second, MostPause: 4 * time.Second, Outstanding: 5, TrustPurged: true,
		},
		peer: diameter.Config{
			Address: "hss:1", Host: "a", Realm: "b", PeerHost: "c", Application: diameter.Sh(),
			Connect: 2 * time.Second, LeastPause: 3 * time.Second, MostPause: 4 * time.Second, Watchdog: 6 * time.Second, Outstanding: 7,
		},
		sh: register.ShConfig{Realm: "d", Host: "e", UserState: true, CurrentLocation: true},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestValidate(t *testing.T) {
	const row = "\nsgsn = [{ sgsn = \"A\", node = \"a\" }]\n"
	for _, tt := range []struct{ name, toml, want string }{
		{"a row", osmohlr + row, ""},
		{"a default node", sh + `default_node = "a"`, ""},
		{
			"nothing", "",
			`sgsn: there is none, and no default_node: nobody could be routed; backend: is missing: "osmohlr" or "sh"`,
		},
		{"another backend", `backend = "gtp"` + row, `backend: "gtp" is none; there are "osmohlr" and "sh"`},
		{"no table of the backend", `backend = "osmohlr"` + row, "osmohlr.address: is missing"},
		{
			"no table of the other backend", `backend = "sh"` + row,
			"sh.address: is missing; sh.origin_host: is missing; sh.origin_realm: is missing; sh.destination_realm: is missing",
		},
		{
			"mistakes in the table of the other backend", osmohlr + row + `sh = { address = "a", origin_host = "a b", origin_realm = "a", ` +
				`destination_realm = "b", watchdog = "5s", peer_host = "/", destination_host = "é" }`,
			`sh.address: "a" is no host:port; sh.origin_host: "a b" is no diameter identity like hss.example.net; ` +
				`sh.peer_host: "/" is no diameter identity like hss.example.net; sh.destination_host: "é" is no diameter identity like ` +
				`hss.example.net; sh.watchdog: must be 6s or longer, not 5s`,
		},
		{
			"limits", osmohlr + row + "within = \"1s\"\nattempt = \"2s\"\ntries = 0\npause = \"soon\"\nremember = \"-1s\"\ncache_entries = 1000001",
			`pause: "soon" is no duration; write it like "3s"; remember: must not be -1s; attempt: 2s is longer than within, 1s; ` +
				`tries: must be between 1 and 10, not 0; cache_entries: must be between 1 and 1000000, not 1000001`,
		},
		{
			"limits of a connection", row + "backend = \"osmohlr\"\n[osmohlr]\naddress = \":1\"\noutstanding = 0\nleast_pause = \"2s\"\n" +
				"most_pause = \"1s\"\nconnect_timeout = \"0s\"",
			`osmohlr.address: ":1" is no host:port; osmohlr.outstanding: must be between 1 and 65536, not 0; ` +
				`osmohlr.most_pause: 1s is shorter than least_pause, 2s; osmohlr.connect_timeout: must not be 0s`,
		},
		{
			"access points", osmohlr + "default_apn = \"a b\"\nsgsn = [{ sgsn = \"A\", node = \"a\", apn = \"-a\" }]",
			`default_apn: is for the default_node, which is missing; default_apn: "a b" is no access point name: letters, digits and ` +
				`hyphens, with dots between; sgsn.0.apn: "-a" is no access point name: letters, digits and hyphens, with dots between`,
		},
		{
			"rows", osmohlr + `sgsn = [{ apn = "a" }, { sgsn = 4, node = "a" }, { sgsn = ["a", 4], node = "a" }, { sgsn = [], node = "a" }]`,
			`sgsn.0.node: is missing; sgsn.0.sgsn: is missing; sgsn.1.sgsn: must be a string in quotes or a list of such; ` +
				`sgsn.2.sgsn: must be a string in quotes or a list of such; sgsn.3.sgsn: is missing`,
		},
		{
			"SGSNs", osmohlr + `sgsn = [{ sgsn = ["", "a b", "*", "+*", "a*b", "10.0.0.1/24", "a/b"], node = "a" }]`,
			`sgsn.0.sgsn: "" is no number, address or name of an SGSN; sgsn.0.sgsn: "a b" is no number, address or name of an SGSN; ` +
				`sgsn.0.sgsn: takes every SGSN; default_node is for that; sgsn.0.sgsn: takes every SGSN; default_node is for that; ` +
				`sgsn.0.sgsn: "a*b": "*" stands for what follows, at the end only; ` +
				`sgsn.0.sgsn: 10.0.0.1/24 has bits behind its prefix; meant is perhaps 10.0.0.0/24; ` +
				`sgsn.0.sgsn: "a/b" is no range of addresses like 10.23.0.0/24`,
		},
		{
			"the same SGSN twice", osmohlr + `sgsn = [{ sgsn = "+46", node = "a" }, { sgsn = ["46*", "46"], node = "b" }]`,
			`sgsn.1.sgsn: "46" is in sgsn.0 already`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := New().Validate(plugin.Config{TOML: []byte(tt.toml)}); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
