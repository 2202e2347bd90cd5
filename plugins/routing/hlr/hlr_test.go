package hlr

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

const rows = "sgsn = [{ sgsn = \"SGSN-A\", node = \"ggsn1\", apn = \"internet\" }, { sgsn = \"SGSN-B\", node = \"ggsn2\" }, " +
	"{ sgsn = \"SGSN-C\", node = \"ggsn3\", ggsn = \"north\" }]\n"

func TestQuestion(t *testing.T) {
	number := push.Address{Type: push.PLMN, Value: "+46701234567"}
	user := func(id string) push.Address { return push.Address{Type: push.USER, Value: id} }
	for _, tt := range []struct {
		name, config string
		of           push.Subscriber
		want         register.Question // zero for none
	}{
		{
			"osmohlr by the IMSI", osmohlr,
			push.Subscriber{Address: number, IMSI: "240010000000001", MSISDN: "461"},
			register.Question{IMSI: "240010000000001"},
		},
		{"osmohlr by the number", osmohlr, push.Subscriber{Address: user("anna"), MSISDN: "461"}, register.Question{MSISDN: "461"}},
		{"osmohlr by the number that was pushed to", osmohlr, push.Subscriber{Address: number}, register.Question{MSISDN: "46701234567"}},
		{"osmohlr has no public identities", osmohlr, push.Subscriber{Address: user("sip:anna@example.net")}, register.Question{}},
		{
			"sh by the number", sh,
			push.Subscriber{Address: user("tel:+462"), IMSI: "240010000000001", MSISDN: "461"},
			register.Question{MSISDN: "461"},
		},
		{"sh by the number that was pushed to", sh, push.Subscriber{Address: number}, register.Question{MSISDN: "46701234567"}},
		{
			"sh by a SIP URI", sh,
			push.Subscriber{Address: user("sip:anna@example.net")},
			register.Question{PublicIdentity: "sip:anna@example.net"},
		},
		{"sh by a tel URI", sh, push.Subscriber{Address: user("tel:+462")}, register.Question{PublicIdentity: "tel:+462"}},
		{"sh has no other user identifiers", sh, push.Subscriber{Address: user("anna@example.net")}, register.Question{}},
		{"sh has no IMSI", sh, push.Subscriber{IMSI: "240010000000001"}, register.Question{}},
		{"nobody", osmohlr, push.Subscriber{}, register.Question{}},
		{
			"gtp by the IMSI, with the access point", overGTP,
			push.Subscriber{Address: number, IMSI: "240010000000001", MSISDN: "461"},
			register.Question{IMSI: "240010000000001", APN: "push.example"},
		},
		{
			"gtp by the IMSI, without an access point", "backend = \"gtp\"\ngtp = { address = \"192.0.2.30:2123\" }\n",
			push.Subscriber{IMSI: "240010000000001"},
			register.Question{IMSI: "240010000000001"},
		},
		{"gtp has no number", overGTP, push.Subscriber{Address: number, MSISDN: "461"}, register.Question{}},
		{
			"the access point is for gtp only", osmohlr + gtpTable,
			push.Subscriber{IMSI: "240010000000001"},
			register.Question{IMSI: "240010000000001"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &double{answer: at("SGSN-A")}
			_, err := configured(t, tt.config+rows, d).Route(t.Context(), asking(tt.of))
			if tt.want == (register.Question{}) {
				if asked := d.questions(); !errors.Is(err, push.ErrNotHere) || len(asked) > 0 {
					t.Errorf("asked %+v, got %v; want not here, without a question", asked, err)
				}
				return
			}
			if asked := d.questions(); err != nil || !reflect.DeepEqual(asked, []register.Question{tt.want}) {
				t.Errorf("asked %+v, got %v; want %+v", asked, err, tt.want)
			}
		})
	}
}

func TestSession(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	const anna, other = push.IMSI("240010000000001"), push.IMSI("240010000000002")
	session := func(apn, ggsn string) push.Session {
		return push.Session{Address: netip.MustParseAddr("10.0.0.1"), APN: apn, GGSN: ggsn}
	}
	of := func(imsi push.IMSI, left time.Duration, s push.Session) push.Session {
		s.IMSI = imsi
		if left != 0 {
			s.Expires = now.Add(left)
		}
		return s
	}
	for _, tt := range []struct {
		name, sgsn string
		imsi       push.IMSI
		sessions   []push.Session
		apn        string
		online     bool
		found      push.IMSI
	}{
		{"none", "SGSN-A", anna, nil, "internet", false, anna},
		{"at node and access point", "SGSN-A", anna, []push.Session{session("internet", "ggsn1")}, "internet", true, anna},
		{"at the access point, no node known", "SGSN-A", anna, []push.Session{session("Internet", "")}, "Internet", true, anna},
		{"at another access point", "SGSN-A", anna, []push.Session{session("mms", "ggsn1")}, "internet", false, anna},
		{"at another node", "SGSN-A", anna, []push.Session{session("internet", "ggsn2")}, "internet", false, anna},
		{"expired", "SGSN-A", anna, []push.Session{of("", -time.Second, session("internet", "ggsn1"))}, "internet", false, anna},
		{"expires now", "SGSN-A", anna, []push.Session{{APN: "internet", GGSN: "ggsn1", Expires: now}}, "internet", false, anna},
		{"of another terminal", "SGSN-A", anna, []push.Session{of(other, 0, session("internet", "ggsn1"))}, "internet", false, anna},
		{"the second is live", "SGSN-A", anna, []push.Session{session("mms", ""), of(anna, 1, session("internet", ""))}, "internet", true, anna},
		{"it tells the IMSI", "SGSN-A", "", []push.Session{of(other, 0, session("internet", ""))}, "internet", true, other},
		{"a row whose GGSN has a name of its own", "SGSN-C", anna, []push.Session{session("", "ggsn3"), session("", "north")}, "", true, anna},
		{"a row without access point", "SGSN-B", anna, []push.Session{session("mms", "ggsn2")}, "mms", true, anna},
		{"a row without access point, another node", "SGSN-B", anna, []push.Session{session("mms", "ggsn1")}, "", false, anna},
		{"a row without access point, no node known", "SGSN-B", anna, []push.Session{session("mms", "")}, "", false, anna},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := configured(t, osmohlr+rows, &double{answer: at(tt.sgsn)})
			p.now = func() time.Time { return now }
			got, err := p.Route(t.Context(), asking(push.Subscriber{IMSI: tt.imsi, MSISDN: "46701", Sessions: tt.sessions}))
			node := map[string]string{"SGSN-A": "ggsn1", "SGSN-B": "ggsn2", "SGSN-C": "ggsn3"}[tt.sgsn]
			if err != nil || got.Node != node || got.APN != tt.apn || got.IMSI != tt.found || (got.Session != nil) != tt.online {
				t.Fatalf("got %+v, %v", got, err)
			}
			if tt.online && !slices.Contains(tt.sessions, *got.Session) {
				t.Errorf("the session is %+v, and none of those that the gateway has", got.Session)
			}
		})
	}
}

func TestAnswersAreRemembered(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		asked        int
	}{
		{"as the defaults are", "", 1},
		{"not at all", "remember = \"0s\"\n", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &double{answer: at("SGSN-A")}
			p := configured(t, osmohlr+tt.config+rows, d)
			for range 3 {
				if _, err := p.Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001"})); err != nil {
					t.Fatal(err)
				}
			}
			if got := len(d.questions()); got != tt.asked {
				t.Errorf("asked %d times; want %d", got, tt.asked)
			}
		})
	}
}

// The register names the GGSN: the table of GGSNs counts, and without a row the address; an SGSN that says so is not asked for.
func TestGGSN(t *testing.T) {
	const table = overGTP + `ggsn = [{ ggsn = ["192.0.2.50", "2001:db8::/32"], node = "ggsn1" }, { ggsn = "192.0.2.0/24", node = "ggsn2" }]` + "\n" + rows
	for _, tt := range []struct {
		name       string
		location   register.Location
		node, apn  string
		attachment error
	}{
		{"a row", register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "192.0.2.50"}, "ggsn1", "push.example", nil},
		{"a row in IPv6", register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "2001:db8::7"}, "ggsn1", "push.example", nil},
		{"a later row", register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "192.0.2.51"}, "ggsn2", "push.example", nil},
		{"no row", register.Location{Attached: true, SGSN: "SGSN-B", GGSN: "198.51.100.1"}, "198.51.100.1", "push.example", nil},
		{"no GGSN in the answer", register.Location{Attached: true, SGSN: "SGSN-A"}, "ggsn1", "internet", nil},
		{"not attached", register.Location{GGSN: "192.0.2.50", NotReachable: register.GPRSDetached}, "", "", push.ErrNotAttached},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &double{answer: located(tt.location)}
			session := push.Session{APN: "push.example", GGSN: tt.node, Address: netip.MustParseAddr("10.0.0.1")}
			got, err := configured(t, table, d).Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001", Sessions: []push.Session{session}}))
			if got.Node != tt.node || got.APN != tt.apn || !errors.Is(err, tt.attachment) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if online := got.Session != nil; online != (tt.apn == "push.example") {
				t.Errorf("its session is %+v", got.Session)
			}
			session.GGSN = tt.location.GGSN // sessions know the GGSN by its address
			got, _ = configured(t, table, d).Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001", Sessions: []push.Session{session}}))
			if online := got.Session != nil; online != (tt.apn == "push.example") {
				t.Errorf("its session, under the GGSN's address, is %+v", got.Session)
			}
		})
	}
}

// The register knows whose number it is: that is in the route, and a session of somebody else is not.
func TestIMSIOfTheRegister(t *testing.T) {
	of := push.Subscriber{MSISDN: "461", Sessions: []push.Session{{APN: "internet", IMSI: "240010000000002"}}}
	d := &double{answer: located(register.Location{Attached: true, SGSN: "SGSN-A", IMSI: "240010000000001"})}
	if got, err := configured(t, osmohlr+rows, d).Route(t.Context(), asking(of)); err != nil || got.IMSI != "240010000000001" || got.Session != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestDropsAreLogged: each message that was dropped is in one line, and there is one line a minute at most.
func TestDropsAreLogged(t *testing.T) {
	var log strings.Builder
	d := &double{answer: at("SGSN-A")}
	p := configured(t, osmohlr+rows, d)
	p.log = hclog.New(&hclog.LoggerOptions{Output: &log})
	ask := func() string {
		log.Reset()
		if _, err := p.Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001"})); err != nil {
			t.Fatal(err)
		}
		return log.String()
	}
	now := time.Now()
	p.now = func() time.Time { return now }
	d.drops = register.Drops{}
	if got := ask(); got != "" {
		t.Errorf("logged without a drop: %q", got)
	}
	d.drops = register.Drops{Unasked: 3, Malformed: 2, Strangers: 1}
	if got := ask(); !strings.Contains(got, "late_twice_or_not_asked=3 malformed=2 of_strangers=1") {
		t.Errorf("logged %q", got)
	}
	d.drops.Unasked = 8
	if got := ask(); got != "" {
		t.Errorf("logged in the same minute: %q", got)
	}
	now = now.Add(time.Minute)
	if got := ask(); !strings.Contains(got, "late_twice_or_not_asked=5 malformed=0 of_strangers=0") {
		t.Errorf("logged %q", got)
	}
	now = now.Add(time.Minute)
	if got := ask(); got != "" {
		t.Errorf("logged again: %q", got)
	}
}

// TestCausesAreNotPublic: what a Push Initiator gets to read has no internals.
func TestCausesAreNotPublic(t *testing.T) {
	p := configured(t, osmohlr+"tries = 1\n"+rows, &double{answer: failing(register.ErrDown)})
	_, err := p.Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001"}))
	if failure := push.AsError(err); strings.Contains(failure.Text, "double") || !strings.Contains(failure.Cause, "double: register is down") {
		t.Errorf("text %q, cause %q", failure.Text, failure.Cause)
	}
}

// TestShWithoutItsPeer asks the real backend, whose peer is not there: an error, and no route.
func TestShWithoutItsPeer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	p := New()
	p.open = func(c config, _ func(string)) (backend, error) {
		backend, peer, err := openSh(c)
		if err == nil {
			t.Cleanup(func() { peer.Close(t.Context()) })
		}
		return backend, err
	}
	config := strings.Replace(sh, "127.0.0.1:3868", l.Addr().String(), 1) + rows + "tries = 1\n"
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(config)}); err != nil {
		t.Fatal(err)
	}
	route, err := p.Route(t.Context(), asking(push.Subscriber{MSISDN: "46701"}))
	if failure := (*push.Error)(nil); !errors.As(err, &failure) || !failure.Temporary || !strings.HasPrefix(failure.Cause, "sh: ") {
		t.Errorf("got %+v, %v", route, err)
	}
}

func TestConformance(t *testing.T) {
	info := func(imsi, msisdn, sgsn string) string {
		return fmt.Sprintf("id\t1\nimsi\t%s\nmsisdn\t%s\nnam_ps\t1\nms_purged_ps\t0\nsgsn_number\t%s", imsi, msisdn, sgsn)
	}
	address := controlInterface(t, map[string]string{
		"subscriber.by-imsi-240010000000001": info("240010000000001", "46701234567", "SGSN-A"),
		"subscriber.by-msisdn-46701234567":   info("240010000000001", "46701234567", "SGSN-A"),
		"subscriber.by-imsi-240010000000002": info("240010000000002", "46701234568", "SGSN-Z"),
		"subscriber.by-imsi-240010000000003": "silent",
	})
	conformance.Routing(t, conformance.RoutingSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: strings.Replace(osmohlr, "127.0.0.1:4259", address, 1) + rows,
			Wrong: []conformance.WrongConfig{{
				TOML: "backend = \"sh\"\ntries = -1\nsgsn = [{ sgsn = \"*\", apn = \"a b\" }]",
				Keys: []string{"sh.address", "sh.origin_host", "tries", "sgsn.0.sgsn", "sgsn.0.apn", "sgsn.0.node"},
			}},
		},
		New: func() routing.Strategy { return New() },
		Known: []conformance.KnownRoute{
			{
				Request: asking(push.Subscriber{IMSI: "240010000000001"}),
				Route:   push.Route{Node: "ggsn1", APN: "internet", IMSI: "240010000000001"},
			},
			{
				Request: asking(push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+46701234567"}}),
				Route:   push.Route{Node: "ggsn1", APN: "internet", IMSI: "240010000000001"},
			},
		},
		Unknown: []push.RouteRequest{
			asking(push.Subscriber{IMSI: "240010000000002"}), // no row is about its SGSN
			asking(push.Subscriber{IMSI: "240010000000099"}), // no such subscriber
		},
		Slow: []push.RouteRequest{asking(push.Subscriber{IMSI: "240010000000003"})},
	})
}
