package hlr

import (
	"net/netip"
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
	c = parsed(t, overGTP)
	if want := (register.GTPConfig{
		Address: netip.MustParseAddrPort("192.0.2.30:2123"), T3Response: 300 * time.Millisecond, N3Requests: 3, Outstanding: 256,
		Echo: time.Minute, Extension: 32473,
	}); !reflect.DeepEqual(c.gtp, want) || c.withAPN != "push.example" {
		t.Errorf("gtp: %+v, with %q", c.gtp, c.withAPN)
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
default_ggsn = "ng"
[gtp]
address = "192.0.2.30:2123"
local = "192.0.2.10:0"
t3_response = "20ms"
n3_requests = 4
echo = "61s"
outstanding = 6
with_apn = "c.d"
extension = 7
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
ggsn = "mg"
[[ggsn]]
ggsn = ["192.0.2.50", "192.0.3.0/24"]
node = "g"
`)
	want := config{
		backend: "sh",
		finder: register.Config{
			Limit: 7 * time.Second, Attempt: 2 * time.Second, Attempts: 3, Pause: 4 * time.Second,
			Remember: -1, RememberAbsent: time.Minute, Entries: 5,
		},
		places: places{
			rows: []row{{place{"m", "c", "mg"}, []pattern{{name: "1"}, {name: "x", beginning: true}}}},
			rest: place{"n", "a.b", "ng"},
		},
		ggsns: places{rows: []row{{place{"g", "c.d", ""}, []pattern{{name: "192.0.2.50"}, {addresses: netip.MustParsePrefix("192.0.3.0/24")}}}}},
		gtp: register.GTPConfig{
			Address: netip.MustParseAddrPort("192.0.2.30:2123"), Local: netip.MustParseAddrPort("192.0.2.10:0"),
			T3Response: 20 * time.Millisecond, N3Requests: 4, Echo: 61 * time.Second, Outstanding: 6, Extension: 7,
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
			`sgsn: there is none, and no default_node: nobody could be routed; backend: is missing: "osmohlr", "sh" or "gtp"`,
		},
		{"another backend", `backend = "map"` + row, `backend: "map" is none; there are "osmohlr", "sh" and "gtp"`},
		{"gtp whose answers name GGSNs", overGTP, ""},
		{
			"gtp whose answers do not", "backend = \"gtp\"\ngtp = { address = \"[2001:db8::1]:2123\" }",
			"sgsn: there is none, and no default_node: nobody could be routed",
		},
		{"no table of gtp", `backend = "gtp"` + row, "gtp.address: is missing"},
		{
			"mistakes in the table of gtp", osmohlr + row + `gtp = { address = "hlr:2123", local = "x", t3_response = "0s", n3_requests = 11, ` +
				`echo = "59s", outstanding = 0, with_apn = "a b", extension = 65536 }`,
			`gtp.outstanding: must be between 1 and 65536, not 0; gtp.n3_requests: must be between 1 and 10, not 11; ` +
				`gtp.extension: must be between 1 and 65535, not 65536; gtp.with_apn: "a b" is no access point name: letters, digits and ` +
				`hyphens, with dots between; gtp.t3_response: must not be 0s; gtp.echo: must be 1m0s or longer, or 0s, not 59s; ` +
				`gtp.address: "hlr:2123" is no address:port like 192.0.2.30:2123; gtp.local: "x" is no address:port like 192.0.2.10:0`,
		},
		{
			"more repetitions than an attempt has time for", "backend = \"gtp\"\n" + row + `gtp = { address = "0.0.0.0:2123", t3_response = "500ms", echo = "0s" }`,
			`gtp.t3_response: n3_requests times 500ms is 1.5s, longer than attempt, 1s; gtp.address: "0.0.0.0:2123" is no address:port like 192.0.2.30:2123`,
		},
		{
			"addresses of two kinds", "backend = \"gtp\"\n" + row + `gtp = { address = "192.0.2.30:2123", local = "[::1]:0" }`,
			`gtp.local: [::1]:0 can not reach 192.0.2.30:2123`,
		},
		{
			"GGSNs", overGTP + `ggsn = [{ ggsn = ["GGSN-A", "192.0.2.*", "192.0.2.50"] }, { ggsn = "192.0.2.50", node = "a" }, { node = "b" }]`,
			`ggsn.0.node: is missing; ggsn.0.ggsn: "GGSN-A" is no address and no range of addresses; ` +
				`ggsn.0.ggsn: "192.0.2.*" is no address and no range of addresses; ggsn.1.ggsn: "192.0.2.50" is in ggsn.0 already; ` +
				`ggsn.2.ggsn: is missing`,
		},
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
			"access points", osmohlr + "default_apn = \"a b\"\ndefault_ggsn = \"g\"\nsgsn = [{ sgsn = \"A\", node = \"a\", apn = \"-a\" }]",
			`default_apn: is for the default_node, which is missing; default_ggsn: is for the default_node, which is missing; default_apn: "a b" is no access point name: letters, digits and ` +
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
