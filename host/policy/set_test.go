package policy

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func bearers() []BearerInfo {
	return []BearerInfo{
		{"sms", plugin.Info{AddressTypes: []push.AddressType{push.PLMN}, Network: "GSM", Bearer: "SMS", Confirms: true}},
		{"pdp", plugin.Info{AddressTypes: []push.AddressType{push.PLMN, push.IPv4, push.IPv6, push.USER}, Network: "GSM", Bearer: "GPRS"}},
		{"wildcard", plugin.Info{AddressTypes: []push.AddressType{push.PLMN}, Network: "Any", Bearer: "any"}},
		{"unnamed", plugin.Info{AddressTypes: []push.AddressType{push.PLMN}}},
		{"ip", plugin.Info{AddressTypes: []push.AddressType{push.IPv4, push.IPv6}}},
	}
}

func encoders() []EncoderInfo {
	return []EncoderInfo{
		{"wbxml", []string{"text/vnd.wap.si", "text/vnd.wap.sl"}},
		{"other", []string{"Text/vnd.wap.si", "text/x-other"}},
	}
}

func newSet(t testing.TB, ps ...Policy) *Set {
	t.Helper()
	s, err := New(ps, encoders(), bearers())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func over(names ...string) []Attempt {
	var as []Attempt
	for _, n := range names {
		as = append(as, Attempt{Bearer: n})
	}
	return as
}

func TestFirstMatchWins(t *testing.T) {
	set := newSet(
		t,
		Policy{Name: "mms", Match: Match{ContentType: []string{"application/vnd.wap.mms-message"}}, Attempts: over("pdp")},
		Policy{Name: "first", Match: Match{Initiator: []string{"portal"}}, Attempts: over("sms")},
		Policy{Name: "second", Attempts: over("pdp")},
	)
	p, err := set.Choose(si())
	if err != nil || p.Policy.Name != "first" {
		t.Fatalf("got %+v, %v", p, err)
	}
}

func TestEncoder(t *testing.T) {
	tests := []struct{ name, encoder, contentType, want string }{
		{"auto takes the first that takes it", EncoderAuto, "text/vnd.wap.si", "wbxml"},
		{"left out is auto", "", "text/vnd.wap.sl; charset=utf-8", "wbxml"},
		{"auto without case", EncoderAuto, "TEXT/X-Other", "other"},
		{"auto passes what none takes", EncoderAuto, "image/gif", ""},
		{"none passes", EncoderNone, "text/vnd.wap.si", ""},
		{"named", "other", "text/vnd.wap.si", "other"},
		{"named passes what it does not take", "other", "text/vnd.wap.sl", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := si()
			s.ContentType = tt.contentType
			p, err := newSet(t, Policy{Encoder: tt.encoder, Attempts: over("sms")}).Choose(s)
			if err != nil || p.Encoder != tt.want {
				t.Fatalf("got %+v, %v; want encoder %q", p, err, tt.want)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name     string
		attempts []Attempt
		with     func(*Subject)
		want     string // bearers that are left
		skipped  string // reasons
		code     int
	}{
		{"all", over("pdp", "sms"), nil, "pdp sms", "", 0},
		{"address type", over("sms", "pdp"), func(s *Subject) { s.Address = ipv4("10.45.0.7") }, "pdp", "it does not take address type IPv4", 0},
		{"address type nobody takes", over("sms"), func(s *Subject) { s.Address = ipv4("10.45.0.7") }, "", "", 2002},
		{"a user's terminal may have a number", over("sms", "pdp"), func(s *Subject) { s.Address = user("bob") }, "sms pdp", "", 0},
		{"a user, by nothing but numbers", over("sms"), func(s *Subject) { s.Address = user("bob") }, "sms", "", 0},
		{"a user, by nothing but addresses", over("ip", "pdp"), func(s *Subject) { s.Address = user("bob") }, "pdp", "it does not take address type USER", 0},

		{"a wish for a bearer is no condition", over("pdp", "sms"), func(s *Subject) { s.Bearer = "SMS" }, "pdp sms", "", 0},
		{"bearer required", over("pdp", "sms"), func(s *Subject) { s.Bearer, s.BearerRequired = "sms", true }, "sms", `bearer "sms" is required, it is "GPRS"`, 0},
		{"bearer required, not there", over("pdp", "sms"), func(s *Subject) { s.Bearer, s.BearerRequired = "USSD", true }, "", "", 3010},
		{"any bearer required", over("pdp", "unnamed"), func(s *Subject) { s.Bearer, s.BearerRequired = "Any", true }, "pdp unnamed", "", 0},
		{"required without a name", over("pdp", "sms"), func(s *Subject) { s.BearerRequired, s.NetworkRequired = true, true }, "pdp sms", "", 0},
		{"a bearer for any", over("wildcard"), func(s *Subject) { s.Bearer, s.BearerRequired = "USSD", true }, "wildcard", "", 0},
		{"an unnamed bearer meets no condition", over("unnamed"), func(s *Subject) { s.Bearer, s.BearerRequired = "SMS", true }, "", "", 3010},

		{"network required", over("unnamed", "sms"), func(s *Subject) { s.Network, s.NetworkRequired = "gsm", true }, "sms", `network "gsm" is required, it has ""`, 0},
		{"network required, not there", over("pdp", "sms"), func(s *Subject) { s.Network, s.NetworkRequired = "CDMA", true }, "", "", 3009},
		{"network before bearer", over("pdp"), func(s *Subject) {
			s.Network, s.NetworkRequired, s.Bearer, s.BearerRequired = "CDMA", true, "USSD", true
		}, "", "", 3009},
		{
			"the furthest condition is named",
			over("unnamed", "pdp"),
			func(s *Subject) { s.Network, s.NetworkRequired, s.Bearer, s.BearerRequired = "GSM", true, "USSD", true },
			"", "", 3010,
		},

		{"confirmed", over("pdp", "sms"), func(s *Subject) { s.Method = push.Confirmed }, "sms", "confirmed delivery is required, it can not confirm", 0},
		{"confirmed, nobody can", over("pdp"), func(s *Subject) { s.Method = push.Confirmed }, "", "", 3007},
		{"preferconfirmed keeps all and their order", over("pdp", "sms"), func(s *Subject) { s.Method = push.PreferConfirmed }, "pdp sms", "", 0},
		{"unconfirmed", over("pdp", "sms"), func(s *Subject) { s.Method = push.Unconfirmed }, "pdp sms", "", 0},

		{"a policy without attempts", nil, nil, "", "", 2002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := si()
			if tt.with != nil {
				tt.with(&s)
			}
			set := newSet(t, Policy{Name: "p", Attempts: tt.attempts})
			p, err := set.Choose(s)
			if checked := set.Check(s); !reflect.DeepEqual(checked, err) {
				t.Errorf("Check says %v, Choose %v", checked, err)
			}
			var r *Refusal
			if tt.code != 0 {
				if !errors.As(err, &r) || r.Code != tt.code || r.Text == "" || p != nil {
					t.Fatalf("got %+v, %v; want a refusal with %d", p, err, tt.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var left, reasons []string
			for _, a := range p.Attempts {
				left = append(left, a.Bearer)
			}
			for _, k := range p.Skipped {
				reasons = append(reasons, k.Reason)
				if k.Bearer != tt.attempts[k.Attempt].Bearer {
					t.Errorf("attempt %d is over %s, not %s", k.Attempt, tt.attempts[k.Attempt].Bearer, k.Bearer)
				}
			}
			if got := strings.Join(left, " "); got != tt.want {
				t.Errorf("left: %q, want %q", got, tt.want)
			}
			if got := strings.Join(reasons, "; "); got != tt.skipped {
				t.Errorf("skipped: %q, want %q", got, tt.skipped)
			}
		})
	}
}

func TestNoPolicyIsForbidden(t *testing.T) {
	_, err := newSet(t, Policy{Match: Match{Initiator: []string{"mmsc"}}, Attempts: over("sms")}).Choose(si())
	var r *Refusal
	if !errors.As(err, &r) || r.Code != 2001 {
		t.Fatalf("got %v, want a refusal with 2001", err)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	for _, p := range []Policy{
		{Name: "a policy", Encoder: "ghost", Attempts: over("sms")},
		{Name: "a policy", Attempts: over("sms", "ghost")},
	} {
		_, err := New([]Policy{p}, encoders(), bearers())
		if err == nil || !strings.Contains(err.Error(), `"ghost"`) || !strings.Contains(err.Error(), `"a policy"`) {
			t.Errorf("got %v", err)
		}
	}
}

func TestExplain(t *testing.T) {
	all := []Policy{
		{Name: "type", Match: Match{ContentType: []string{"image/*", "video/*"}}},
		{Name: "initiator", Match: Match{Initiator: []string{"mmsc"}}},
		{Name: "application", Match: Match{Application: []string{"x"}}},
		{Name: "address", Match: Match{AddressType: []push.AddressType{push.IPv4, push.IPv6}}},
		{Name: "prefix", Match: Match{Prefix: []string{"+1"}}},
		{Name: "domain", Match: Match{UserDomain: []string{"example.net"}}},
		{Name: "priority", Match: Match{Priority: []push.Priority{push.PriorityHigh, push.PriorityLow}}},
		{Name: "method", Match: Match{DeliveryMethod: []push.DeliveryMethod{push.Confirmed, push.PreferConfirmed, push.Unconfirmed}}},
		{Name: "network", Match: Match{Network: []string{"GSM"}}},
		{Name: "bearer", Match: Match{Bearer: []string{"SMS"}}},
		{Name: "min", Match: Match{MinSize: 101}},
		{Name: "max", Match: Match{MaxSize: 99}},
		{Name: "match"},
		{Name: "not reached"},
	}
	want := []Verdict{
		{"type", false, "content_type", []string{"image/*", "video/*"}, "text/vnd.wap.si", "content_type: wants image/* or video/*, got text/vnd.wap.si"},
		{"initiator", false, "initiator", []string{"mmsc"}, "portal", "initiator: wants mmsc, got portal"},
		{"application", false, "application", []string{"x"}, "x-wap-application:wml.ua", "application: wants x, got x-wap-application:wml.ua"},
		{"address", false, "address_type", []string{"IPv4", "IPv6"}, "PLMN", "address_type: wants IPv4 or IPv6, got PLMN"},
		{"prefix", false, "prefix", []string{"1"}, "491701234567", "prefix: wants 1, got 491701234567"},
		{"domain", false, "user_domain", []string{"example.net"}, "", "user_domain: wants example.net, got nothing"},
		{"priority", false, "priority", []string{"high", "low"}, "medium", "priority: wants high or low, got medium"},
		{"method", false, "delivery_method", []string{"confirmed", "preferconfirmed", "unconfirmed"}, "notspecified", "delivery_method: wants confirmed or preferconfirmed or unconfirmed, got notspecified"},
		{"network", false, "network", []string{"GSM"}, "", "network: wants GSM, got nothing"},
		{"bearer", false, "bearer", []string{"SMS"}, "", "bearer: wants SMS, got nothing"},
		{"min", false, "min_size", []string{"101"}, "100", "min_size: wants at least 101, got 100"},
		{"max", false, "max_size", []string{"99"}, "100", "max_size: wants at most 99, got 100"},
		{"match", true, "", nil, "", "matches"},
	}
	got := newSet(t, all...).Explain(si())
	if len(got) != len(want) {
		t.Fatalf("%d verdicts, want %d: %+v", len(got), len(want), got)
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

// twenty are policies of which only the last matches si, after keys of every sort.
func twenty(tb testing.TB) *Set {
	var ps []Policy
	for i := range 19 {
		m := Match{ContentType: []string{"image/*", fmt.Sprintf("application/vnd.example-%d*", i)}}
		switch i % 4 {
		case 1:
			m = Match{Prefix: []string{"+1", "+33", "+4475"}, ContentType: []string{"text/*.si"}}
		case 2:
			m = Match{Initiator: []string{"mmsc", "bank"}, ContentType: []string{"text/*"}}
		case 3:
			m = Match{UserDomain: []string{"example.net"}, MaxSize: 1000}
		}
		ps = append(ps, Policy{Name: fmt.Sprint(i), Match: m, Attempts: over("sms")})
	}
	return newSet(tb, append(ps, Policy{Name: "last", Attempts: over("pdp", "sms")})...)
}

func TestMissesDoNotAllocate(t *testing.T) {
	set, s := twenty(t), si()
	s.ContentType = "text/vnd.wap.si; charset=utf-8"
	if n := testing.AllocsPerRun(100, func() { _ = set.Check(s) }); n > 0 {
		t.Errorf("Check: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = set.Choose(s) }); n > 1 { // the plan
		t.Errorf("%v allocations for 19 misses and a plan, want 1", n)
	}
}

func BenchmarkChoose(b *testing.B) {
	set, s := twenty(b), si()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := set.Choose(s); err != nil {
			b.Fatal(err)
		}
	}
}
