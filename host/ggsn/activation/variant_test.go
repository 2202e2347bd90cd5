package activation

import (
	"net/netip"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// For each variant: what the notification has, octet by octet, and which Creates may follow.
func TestVariants(t *testing.T) {
	var (
		blank   = gtp.DynamicAddress(gtp.PDPIPv4)
		dual    = gtp.DynamicAddress(gtp.PDPIPv4v6)
		six     = gtp.DynamicAddress(gtp.PDPIPv6)
		static6 = netip.MustParseAddr("2001:db8:45::7")
	)
	tests := []struct {
		name    string
		plan    Plan
		push    netip.Addr // that the push names
		offer   gtp.EndUserAddress
		private string
		address netip.Addr // that the context gets, if one is known
		may     []gtp.EndUserAddress
		mayNot  []gtp.EndUserAddress
	}{
		{
			"static",
			Plan{Variant: Static, Address: testStatic},
			testPooled, gtp.StaticAddress(testStatic), "", testStatic,
			[]gtp.EndUserAddress{gtp.StaticAddress(testStatic)},
			[]gtp.EndUserAddress{gtp.StaticAddress(testPooled), blank, dual, {Type: gtp.PDPIPv4v6, IPv4: testStatic}, {}},
		},
		{
			"static, named by the push",
			Plan{Variant: Static},
			testPooled, gtp.StaticAddress(testPooled), "", testPooled,
			[]gtp.EndUserAddress{gtp.StaticAddress(testPooled)},
			[]gtp.EndUserAddress{gtp.StaticAddress(testStatic), blank},
		},
		{
			"static IPv6",
			Plan{Variant: Static, Address: static6},
			netip.Addr{},
			gtp.StaticAddress(static6), "", static6,
			[]gtp.EndUserAddress{gtp.StaticAddress(static6)},
			[]gtp.EndUserAddress{gtp.StaticAddress(testStatic), six},
		},
		{
			"dynamic",
			Plan{Variant: Dynamic, Address: testStatic},
			testStatic, blank, "",
			netip.Addr{},
			[]gtp.EndUserAddress{blank, dual},
			[]gtp.EndUserAddress{gtp.StaticAddress(testStatic), six, {}},
		},
		{
			"dynamic IPv6",
			Plan{Variant: Dynamic, Type: gtp.PDPIPv6},
			netip.Addr{},
			six, "",
			netip.Addr{},
			[]gtp.EndUserAddress{six, dual},
			[]gtp.EndUserAddress{blank, gtp.StaticAddress(static6)},
		},
		{
			"preallocated",
			Plan{Variant: Preallocated},
			testStatic, gtp.StaticAddress(testPooled), "\x03\x00", testPooled,
			[]gtp.EndUserAddress{gtp.StaticAddress(testPooled)},
			[]gtp.EndUserAddress{gtp.StaticAddress(testStatic), blank, dual},
		},
		{
			"network",
			Plan{Variant: Network},
			netip.Addr{},
			blank, "\x04\x00",
			netip.Addr{},
			[]gtp.EndUserAddress{blank, dual},
			[]gtp.EndUserAddress{gtp.StaticAddress(testPooled), six},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			notify := func(t *testing.T) (*bench, pushed) {
				b := newBench(t)
				b.plan = tt.plan
				p := b.push("a", func(p *node.Push) { p.Address = tt.push })
				n := b.notified()
				if n.m.EndUserAddress != tt.offer {
					t.Errorf("offered %+v, want %+v", n.m.EndUserAddress, tt.offer)
				}
				var private string
				for _, x := range n.m.Private {
					private += string(x.Value)
					if x.ID != gtp.APNExtensionID {
						t.Errorf("extension %d", x.ID)
					}
				}
				if private != tt.private {
					t.Errorf("private extension %q, want %q", private, tt.private)
				}
				if _, err := gtp.Append(nil, gtp.Header{}, n.m); err != nil {
					t.Error(err)
				}
				n.answer(gtp.CauseRequestAccepted)
				return b, p
			}
			for _, asked := range tt.may {
				b, p := notify(t)
				want := Verdict{Cause: gtp.CauseRequestAccepted, Notified: true, Variant: tt.plan.Variant, Address: tt.address}
				if v := b.e.MayCreate(testIMSI, testAPN+".mnc001.mcc001.gprs", asked); v != want {
					t.Errorf("a Create with %+v: %+v, want %+v", asked, v, want)
				}
				b.up().wants(t, "a")
				b.sent(p)
				b.left()
			}
			for _, asked := range tt.mayNot {
				b, p := notify(t)
				if v := b.e.MayCreate(testIMSI, testAPN, asked); v.Cause != gtp.CauseUnknownPDPAddressOrType || !v.Notified || v.Address.IsValid() {
					t.Errorf("a Create with %+v: %+v", asked, v)
				}
				b.failed(p, node.AddressRefused)
				b.left()
			}
		})
	}
}

// What a terminal may have that comes by itself.
func TestUnasked(t *testing.T) {
	blank := gtp.DynamicAddress(gtp.PDPIPv4)
	accepted, wrong := gtp.CauseRequestAccepted, gtp.CauseUnknownPDPAddressOrType
	tests := []struct {
		name  string
		plan  Plan
		apn   string
		asked gtp.EndUserAddress
		want  Verdict
	}{
		{"its own", Plan{Static, testStatic, 0}, testAPN, gtp.StaticAddress(testStatic), Verdict{accepted, false, Static, testStatic}},
		{"its own, left blank", Plan{Static, testStatic, 0}, testAPN, blank, Verdict{accepted, false, Static, testStatic}},
		{"another's", Plan{Static, testStatic, 0}, testAPN, gtp.StaticAddress(testPooled), Verdict{wrong, false, Static, netip.Addr{}}},
		{"any", Plan{Variant: Dynamic}, testAPN, blank, Verdict{accepted, false, Dynamic, netip.Addr{}}},
		{"one of the pool", Plan{Variant: Preallocated}, testAPN, gtp.StaticAddress(testPooled), Verdict{wrong, false, Preallocated, netip.Addr{}}},
		{"not served", Plan{}, "another.operator", blank, Verdict{gtp.CauseMissingOrUnknownAPN, false, 0, netip.Addr{}}},
		{"no such variant", Plan{Variant: Network + 1}, testAPN, blank, Verdict{gtp.CauseMissingOrUnknownAPN, false, 0, netip.Addr{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.plan = tt.plan
			if v := b.e.MayCreate(testIMSI, tt.apn, tt.asked); v != tt.want {
				t.Errorf("%+v, want %+v", v, tt.want)
			}
		})
	}
}

// A Create of one subscriber says nothing about another's, nor about another access point.
func TestCreateOfAnother(t *testing.T) {
	b := newBench(t)
	p, _ := b.activated("a")
	for _, k := range []key{{"001010000000002", testAPN}, {testIMSI, "another.operator"}} {
		if v := b.e.MayCreate(k.imsi, k.apn, gtp.StaticAddress(testPooled)); v.Notified {
			t.Errorf("%+v", v)
		}
		b.e.CreateFailed(k.imsi, k.apn, gtp.CauseNoMemory, "")
		b.e.ContextUp(&tunnel{imsi: k.imsi, apn: k.apn})
	}
	b.up().wants(t, "a")
	b.sent(p)
}

// A preallocated address is given back when no context comes, once, and kept over a second notification.
func TestReservation(t *testing.T) {
	b := newBench(t)
	b.plan = Plan{Variant: Preallocated}
	p := b.push("a")
	b.notified().answer(gtp.CauseCollisionWithNetworkInit)
	b.clock.Advance(b.e.limits.Pause)
	n := b.notified()
	if got := b.nodes.reserved[keyOf(testIMSI, testAPN)]; got != 1 || n.m.EndUserAddress != gtp.StaticAddress(testPooled) {
		t.Errorf("%d reserved, offered %+v", got, n.m.EndUserAddress)
	}
	n.answer(gtp.CauseMSRefuses)
	b.failed(p, node.RejectedByTerminal)
	b.left()
}

// The notification of each indication, as it goes out.
func TestNotificationOctets(t *testing.T) {
	want := map[Variant]string{
		Preallocated: "\xff\x00\x04\x7e\xd9\x03\x00",
		Network:      "\xff\x00\x04\x7e\xd9\x04\x00",
	}
	for v, end := range want {
		b := newBench(t)
		b.plan = Plan{Variant: v}
		b.push("a")
		octets, err := gtp.Append(nil, gtp.Header{}, b.notified().m)
		if err != nil || string(octets[len(octets)-len(end):]) != end {
			t.Errorf("%v: %x, %v", v, octets, err)
		}
	}
}

func TestVariantNames(t *testing.T) {
	for v := Static; v <= Network; v++ {
		if got, err := ParseVariant(v.String()); err != nil || got != v {
			t.Errorf("%v is read as %v, %v", v, got, err)
		}
	}
	if _, err := ParseVariant("Static"); err == nil {
		t.Error("a name that is none was read")
	}
	if s := (Network + 1).String(); s != "variant 4" {
		t.Error(s)
	}
}

func TestAccessPoint(t *testing.T) {
	for apn, want := range map[string]string{
		"Push.Operator": "push.operator", "push.operator.mnc001.mcc001.gprs": "push.operator", "push.MNC001.MCC001.GPRS": "push",
		"push.mnc001": "push.mnc001", "gprs": "gprs", "push.gprs": "push.gprs", "a.mnc1.b.c.gprs": "a.mnc1.b.c.gprs",
	} {
		if got := keyOf(push.IMSI("1"), apn).apn; got != want {
			t.Errorf("%s is %s, want %s", apn, got, want)
		}
	}
}
