package pdp

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// written is a file with a text.
func written(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const staticLines = `# number or IMSI, address, node
001010000000001, 10.46.0.1, foreign
+358400000002,10.46.0.2
001010000000003,::ffff:10.46.0.3,own     # behind the push node
+358400000004,2001:db8:46::4,foreign
`

// with gives a delivery what a row of a test is about.
func with(address push.Address, change func(*push.Delivery)) push.Delivery {
	d := push.Delivery{ID: "d", Message: message, Timeout: time.Minute, Terminal: push.Subscriber{Address: address}}
	if change != nil {
		change(&d)
	}
	return d
}

func plmn(number string) push.Address { return push.Address{Type: push.PLMN, Value: "+" + number} }

// Where pushes go, for each kind of node and each way to name a terminal.
func TestTarget(t *testing.T) {
	user := push.Address{Type: push.USER, Value: "alice"}
	at := func(node string) func(*push.Delivery) { return func(d *push.Delivery) { d.Route.Node = node } }
	by := func(node string, imsi push.IMSI) func(*push.Delivery) {
		return func(d *push.Delivery) { d.Route.Node, d.Route.IMSI = node, imsi }
	}
	session := func(node string, expires time.Duration) func(*push.Delivery) {
		return func(d *push.Delivery) {
			d.Route = push.Route{Node: node, Session: &push.Session{Address: netip.MustParseAddr("10.45.0.9"), IMSI: "001010000000009", Expires: time.Now().Add(expires)}}
		}
	}
	tests := []struct {
		name     string
		delivery push.Delivery
		course   course
		address  string // "" for none
		node     string
		cause    string // of what is unreachable, or refused; "" if it has a target
	}{
		{"a session", with(user, session("source", time.Minute)), fromHere, "10.45.0.9", "source", ""},
		{"a session of a push node's, from here", with(user, session("both", time.Minute)), fromHere, "10.45.0.9", "both", ""},
		{"a session of a push node's, through it", with(user, session("own", time.Minute)), byPushNode, "10.45.0.9", "own", ""},
		{"a session of a node that is woken by packets", with(user, session("foreign", time.Minute)), fromHere, "10.45.0.9", "foreign", ""},
		{"an expired session", with(user, session("source", -time.Minute)), 0, "", "", "the session has expired"},
		{"an expired session, and a push node", with(user, session("own", -time.Minute)), byPushNode, "", "own", ""},
		{"an expired session of an address, and nobody knows whose", with(push.Address{Type: push.IPv4, Value: "10.45.0.9"}, func(d *push.Delivery) {
			session("both", -time.Minute)(d)
			d.Route.Session.IMSI = ""
		}), 0, "", "", "the session has expired"},
		{"an IMSI at a push node", with(user, by("both", "001010000000009")), byPushNode, "", "both", ""},
		{"a number at a push node", with(plmn("358400000009"), at("own")), byPushNode, "", "own", ""},
		{"the subscriber's IMSI at a push node", with(user, func(d *push.Delivery) { d.Route.Node, d.Terminal.IMSI = "own", "001010000000009" }), byPushNode, "", "own", ""},
		{"the subscriber's number at a push node", with(user, func(d *push.Delivery) { d.Route.Node, d.Terminal.MSISDN = "own", "358400000009" }), byPushNode, "", "own", ""},
		{"nobody at a push node", with(user, at("own")), 0, "", "", "neither IMSI, number nor address"},
		{"a static address at a push node", with(user, by("own", "001010000000003")), byPushNode, "10.46.0.3", "own", ""},
		{"a static address of another node at a push node", with(user, by("own", "001010000000001")), byPushNode, "", "own", ""},
		{"an address at a push node", with(push.Address{Type: push.IPv4, Value: "10.45.0.8"}, at("own")), byPushNode, "10.45.0.8", "own", ""},
		{"a static address by IMSI", with(user, by("foreign", "001010000000001")), byPacket, "10.46.0.1", "foreign", ""},
		{"a static address by number, at any node", with(plmn("358400000002"), at("foreign")), byPacket, "10.46.0.2", "foreign", ""},
		{"a static IPv6 address, whose node nobody named", with(plmn("358400000004"), nil), byPacket, "2001:db8:46::4", "foreign", ""},
		{"a static address of another node", with(user, by("foreign", "001010000000003")), 0, "", "", "no static address"},
		{"no static address", with(plmn("358400000009"), at("foreign")), 0, "", "", "no static address"},
		{"an address that is static", with(push.Address{Type: push.IPv4, Value: "10.46.0.1"}, at("foreign")), byPacket, "10.46.0.1", "foreign", ""},
		{"an address that is not static", with(push.Address{Type: push.IPv4, Value: "10.46.0.9"}, at("foreign")), fromHere, "10.46.0.9", "foreign", ""},
		{"an address of a node that wakes nobody", with(push.Address{Type: push.IPv6, Value: "2001:db8::1"}, at("source")), fromHere, "2001:db8::1", "source", ""},
		{"a node that wakes nobody", with(plmn("358400000009"), at("source")), 0, "", "", "wakes no terminals"},
		{"a node that nobody knows", with(plmn("358400000009"), at("nobody's")), 0, "", "", `refused: the node "nobody's" is not one of this bearer's`},
		{"an address at a node that nobody knows", with(push.Address{Type: push.IPv4, Value: "10.46.0.9"}, at("nobody's")), 0, "", "", `refused: the node "nobody's" is not one`},
		{"no node", with(plmn("358400000009"), nil), 0, "", "", "wakes no terminals"},
		{"woken once", with(user, func(d *push.Delivery) {
			by("foreign", "001010000000001")(d)
			d.Token = []byte("woken 1")
		}), byPacket, "10.46.0.1", "foreign", ""},
		{"woken often enough", with(user, func(d *push.Delivery) {
			by("foreign", "001010000000001")(d)
			d.Token = []byte("woken 2")
		}), 0, "", "", "10.46.0.1, 2 times"},
		{"an address that was woken often enough", with(push.Address{Type: push.IPv4, Value: "10.46.0.1"}, func(d *push.Delivery) {
			d.Route.Node, d.Token = "foreign", []byte("woken 2")
		}), 0, "", "", "10.46.0.1, 2 times"},
	}
	p, _ := configured(t, offline(t, nobody), nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, refusal := p.target(&tt.delivery)
			if tt.cause != "" {
				want, cause := push.OutcomeUnreachable, tt.cause
				if after, ok := strings.CutPrefix(cause, "refused: "); ok {
					want, cause = push.OutcomeRefused, after
				}
				if refusal == nil || refusal.Kind != want || !strings.Contains(refusal.Cause, cause) {
					t.Errorf("got %+v, %+v; want %v: %s", got, refusal, want, cause)
				}
				return
			}
			if refusal != nil {
				t.Fatalf("got %+v", refusal)
			}
			address := ""
			if got.address.IsValid() {
				address = got.address.String()
			}
			if got.course != tt.course || address != tt.address || got.name != tt.node || got.node == nil || got.node.name != tt.node {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// The only node that wakes terminals is meant where no node is named.
func TestOnlyNode(t *testing.T) {
	p, _ := configured(t, `node = [{ name = "source", source = "127.0.0.1" }, { name = "own", push_node = "`+nobody+`", token_file = "`+tokenFile(t)+`" }]`, nil)
	d := with(plmn("358400000009"), nil)
	if got, refusal := p.target(&d); refusal != nil || got.course != byPushNode || got.name != "own" {
		t.Errorf("got %+v, %+v", got, refusal)
	}
	d = with(push.Address{Type: push.IPv4, Value: "10.45.0.8"}, nil)
	if got, refusal := p.target(&d); refusal != nil || got.course != fromHere || got.name != "" {
		t.Errorf("an address: got %+v, %+v", got, refusal)
	}
}

func TestStaticFile(t *testing.T) {
	p, _ := configured(t, offline(t, nobody), nil)
	if len(p.statics.by) != 4 || len(p.statics.addresses) != 4 {
		t.Fatalf("read were %+v", p.statics)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"one field":       {"001010000000001", "line 1: 1 fields"},
		"four fields":     {"001010000000001,10.0.0.1,own,x", "line 1: 4 fields"},
		"no identity":     {"\n,10.0.0.1", "line 2: \"\" is neither"},
		"a short IMSI":    {"12345,10.0.0.1", "neither a number"},
		"a long number":   {"+1234567890123456,10.0.0.1", "neither a number"},
		"letters":         {"+35840x,10.0.0.1", "neither a number"},
		"no address":      {"001010000000001,own", "is no address"},
		"multicast":       {"001010000000001,224.0.0.1", "is no address"},
		"a zone":          {"001010000000001,fe80::1%eth0", "is no address"},
		"an unknown node": {"001010000000001,10.0.0.1,nosuch", "\"nosuch\" is not in the configuration"},
		"twice":           {"001010000000001,10.0.0.1\n001010000000001,10.0.0.2", "line 2: 001010000000001 has an address already"},
		"all at once":     {"a\nb\n", "line 2"},
		"a long line":     {strings.Repeat("#", 100_000), "token too long"},
	} {
		err := New().Configure(t.Context(), plugin.Config{TOML: []byte(`static_file = "` + written(t, "static.csv", tt.text) + `"`)})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "static_file: ") {
			t.Errorf("%s: got %v; want %q", name, err, tt.want)
		}
	}
	err := New().Configure(t.Context(), plugin.Config{TOML: []byte(`static_file = "nosuch.csv"`)})
	if err == nil || !strings.Contains(err.Error(), "nosuch.csv") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// FuzzStatic reads lines of a file of static addresses: what is taken names a terminal and has an address that one can have.
func FuzzStatic(f *testing.F) {
	for line := range strings.Lines(staticLines) {
		f.Add(strings.TrimSpace(line))
	}
	f.Add("+1,::1,")
	f.Add(" 123456 , 10.0.0.1 , foreign ")
	nodes := map[string]*pdpNode{"foreign": {name: "foreign"}}
	f.Fuzz(func(t *testing.T, line string) {
		whose, one, err := parseStatic(line, nodes)
		if err != nil {
			return
		}
		if !isTerminal(one.address) || one.address.Is4In6() || one.address.Zone() != "" || one.node != "" && nodes[one.node] == nil {
			t.Errorf("%q gives %+v", line, one)
		}
		who := identity{imsi: push.IMSI(whose)}
		if number, ok := strings.CutPrefix(whose, "+"); ok {
			who = identity{msisdn: push.MSISDN(number)}
		}
		found, ok := statics{by: map[string]static{whose: one}}.of(who.imsi, who.msisdn)
		if !ok || found != one {
			t.Errorf("%q is not found by %+v", line, who)
		}
	})
}
