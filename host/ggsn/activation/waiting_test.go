package activation

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Each push has its own time, and a result for what it waited for when its time ended.
func TestTimeOfAPush(t *testing.T) {
	tests := []struct {
		name string
		at   func(b *bench) pushed // a push with a second of time, and where it waits
		want node.Cause
		text string
	}{
		{"the HLR", func(b *bench) pushed {
			b.hlr.hold = make(chan struct{})
			p := b.brief()
			b.await(func() bool { return b.hlr.asked() == 1 })
			return p
		}, node.HLRFailed, "the HLR has not answered"},
		{"the SGSN's answer", func(b *bench) pushed {
			p := b.brief()
			b.notified()
			return p
		}, node.SGSNSilent, "192.0.2.20 has not answered"},
		{"the context", func(b *bench) pushed {
			p := b.brief()
			b.notified().answer(gtp.CauseRequestAccepted)
			return p
		}, node.ActivationTimeout, "no context has come"},
		{"the second notification", func(b *bench) pushed {
			b.push("long")
			p := b.brief()
			b.notified().answer(gtp.CauseNoMemory)
			return p
		}, node.RefusedBySGSN, "no memory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			p := tt.at(b)
			b.clock.Advance(time.Second - 1)
			select {
			case r := <-p:
				t.Fatalf("%+v before its time is over", r)
			default:
			}
			b.clock.Advance(1)
			if r := b.failed(p, tt.want); !strings.Contains(r.Text, tt.text) || !strings.HasPrefix(r.Text, "the time of the push is over: ") {
				t.Errorf("%q", r.Text)
			}
		})
	}
}

// brief is a push with a second of time.
func (b *bench) brief() pushed {
	return b.push("brief", func(p *node.Push) { p.Within = time.Second })
}

// A push that ends does not take others with it, and its activation serves them and those that come later.
func TestActivationGoesOn(t *testing.T) {
	b := newBench(t)
	short := b.push("short", func(p *node.Push) { p.Within = time.Second })
	n := b.notified()
	b.clock.Advance(time.Second)
	b.failed(short, node.SGSNSilent)
	n.answer(gtp.CauseRequestAccepted)
	late := b.push("late")
	b.quiet()
	b.up().wants(t, "late")
	b.sent(late)
	b.left()
}

func TestLongestWait(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Within = time.Second })
	p := b.push("a")
	b.notified()
	b.clock.Advance(time.Second)
	b.failed(p, node.SGSNSilent)
}

// The defaults of limits that are not set.
func TestLimitsAreComplete(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Pause = time.Minute })
	if b.e.limits.Pause != time.Minute || b.e.limits.Activation != 45*time.Second || b.e.limits.Queries != 256 {
		t.Errorf("%+v", b.e.limits)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	b := newBench(t)
	for name, without := range map[string]func(*Options){
		"an HLR":     func(o *Options) { o.HLR = nil },
		"a path":     func(o *Options) { o.Path = nil },
		"contexts":   func(o *Options) { o.Contexts = nil },
		"plans":      func(o *Options) { o.Plan = nil },
		"an address": func(o *Options) { o.Address = netip.Addr{} },
	} {
		o := b.e.o
		without(&o)
		if _, err := New(o); err == nil {
			t.Errorf("made without %s", name)
		}
	}
	if _, err := New(Options{HLR: b.hlr, Path: b.path, Contexts: b.nodes, Plan: b.e.o.Plan, Address: testGGSN}); err != nil {
		t.Error(err)
	}
}

// A refusal that may pass is not tried again without time or room for it.
func TestNoSecondTry(t *testing.T) {
	t.Run("no time", func(t *testing.T) {
		b := newBench(t)
		p := b.brief()
		b.notified().answer(gtp.CauseNoMemory)
		b.failed(p, node.RefusedBySGSN)
		b.left()
	})
	t.Run("no room", func(t *testing.T) {
		b := newBench(t, func(o *Options) { o.Limits.Retrying = 1 })
		one := b.push("a")
		b.notified().answer(gtp.CauseNoMemory)
		p := b.push("b", func(p *node.Push) { p.IMSI = "001010000000002" })
		b.notified().answer(gtp.CauseNoMemory)
		b.failed(p, node.RefusedBySGSN)
		b.clock.Advance(b.e.limits.Pause)
		b.notified().answer(gtp.CauseNoMemory)
		b.failed(one, node.RefusedBySGSN)
		b.left()
	})
}

// A terminal that comes by itself while the second notification is waited for is what everybody waits for.
func TestContextInThePause(t *testing.T) {
	b := newBench(t)
	p := b.push("a")
	n := b.notified()
	n.answer(gtp.CauseCollisionWithNetworkInit)
	b.up().wants(t, "a")
	b.sent(p)
	b.left()
	b.clock.Advance(time.Hour)
	b.quiet()
}

// An SGSN that does not know the IMSI: the HLR is asked again, and an answer that is no other ends it.
func TestUnknownAtTheSGSN(t *testing.T) {
	b := newBench(t)
	p := b.push("a")
	b.notified().answer(gtp.CauseIMSINotKnown)
	r := b.failed(p, node.UnknownIMSI)
	b.quiet()
	if r.GTPCause != 194 || b.hlr.asked() != 2 || !slices.Equal(b.hlr.forgotten, []hlr.Question{{IMSI: testIMSI}}) {
		t.Errorf("%+v; %d questions, forgotten %+v", r, b.hlr.asked(), b.hlr.forgotten)
	}
	b.left()
}

// What the HLR answers.
func TestLocations(t *testing.T) {
	tests := []struct {
		name string
		at   hlr.Location
		want node.Cause // "" if the SGSN is notified
	}{
		{"no paging response via the SGSN", hlr.Location{Attached: true, SGSN: "192.0.2.20", NotReachable: hlr.NoPagingResponse}, ""},
		{"no paging response via the MSC", hlr.Location{Attached: true, SGSN: "192.0.2.20", NotReachable: hlr.NoPagingViaMSC}, ""},
		{"attached with a reason", hlr.Location{Attached: true, SGSN: "192.0.2.20", NotReachable: hlr.GPRSDetached}, node.NotAttached},
		{"nothing", hlr.Location{}, node.NotAttached},
		{"a reason that is new", hlr.Location{NotReachable: "reason 99"}, node.NotAttached},
		{"the subscriber", hlr.Location{Attached: true, SGSN: "192.0.2.20", IMSI: testIMSI}, ""},
		{"another subscriber", hlr.Location{Attached: true, SGSN: "192.0.2.20", IMSI: "001010000000002"}, node.HLRFailed},
		{"an SGSN by name", hlr.Location{Attached: true, SGSN: "sgsn1"}, ""},
		{"an SGSN that is unknown", hlr.Location{Attached: true, SGSN: "sgsn2"}, node.RoamingRestriction},
		{"an address in an IPv6 form", hlr.Location{Attached: true, SGSN: "::ffff:192.0.2.20"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			byAddress := b.e.o.SGSN
			b.e.o.SGSN = func(name string) (netip.AddrPort, bool) {
				if name == "sgsn1" {
					return netip.AddrPortFrom(testSGSN, 2123), true
				}
				return byAddress(name)
			}
			b.hlr.location = tt.at
			p := b.push("a", func(p *node.Push) { p.MSISDN = "358401234567" })
			if tt.want != "" {
				b.failed(p, tt.want)
				b.quiet()
				return
			}
			if to := b.notified().to; to != netip.AddrPortFrom(testSGSN, 2123) {
				t.Errorf("notified %v", to)
			}
			if q := b.hlr.questions[0]; q != (hlr.Question{IMSI: testIMSI, MSISDN: "358401234567"}) {
				t.Errorf("asked %+v", q)
			}
		})
	}
}

// Whatever priority a push has, it gets its turn, the higher ones first.
func TestTurnsAtTheHLR(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Queries = 1 })
	b.hlr.hold = make(chan struct{})
	for i, p := range []push.Priority{0, -1, 0, 1, 7, -7} {
		b.push(fmt.Sprint(i), func(x *node.Push) { x.Priority, x.IMSI = p, push.IMSI(fmt.Sprintf("00101000000000%d", i)) })
		b.await(func() bool { return b.hlr.asked() == 1 })
	}
	close(b.hlr.hold)
	var order string
	for range 6 {
		order += string(b.notified().m.IMSI[14:])
	}
	if order != "034215" {
		t.Errorf("notified in the order %s", order)
	}
}

// An endpoint that was not given out, and the access point of another, reject nothing.
func TestRejectOfNothing(t *testing.T) {
	b := newBench(t)
	p, n := b.activated("a")
	for _, tt := range []struct {
		teid gtp.TEID
		apn  gtp.APN
		want gtp.Cause
	}{
		{n.m.TEIDControl + 1, testAPN, gtp.CauseNonExistent},
		{0, testAPN, gtp.CauseNonExistent},
		{n.m.TEIDControl, "another.operator", gtp.CauseMandatoryIEIncorrect},
	} {
		m := &gtp.PDUNotificationRejectRequest{Cause: gtp.CauseMSRefuses, APN: tt.apn}
		if got := b.e.Rejected(testSGSN, tt.teid, m); got != tt.want {
			t.Errorf("TEID %v, access point %s: %v, want %v", tt.teid, tt.apn, got, tt.want)
		}
	}
	b.up().wants(t, "a")
	b.sent(p)
}

// A push of which only the address is known is for whom it belongs to.
func TestPushByAddress(t *testing.T) {
	b := newBench(t)
	b.static()
	p := b.push("a", func(p *node.Push) { p.IMSI, p.APN, p.Address = "", "", testStatic })
	if m := b.notified().m; m.IMSI != testIMSI || m.APN != testAPN {
		t.Errorf("notified %+v", m)
	}
	b.up().wants(t, "a")
	b.sent(p)
}

// Cancel of what is not there, and of what was sent.
func TestCancelOfNothing(t *testing.T) {
	b := newBench(t)
	b.e.Cancel("a")
	c := b.up()
	p := b.push("a")
	b.e.Cancel("a")
	b.sent(p)
	c.wants(t, "a")
}
