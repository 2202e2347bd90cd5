package pdp

import (
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const patient = `listen_for_errors = "10s"`

// Which of the pushes on their way a complaint is about.
func TestComplaintIsAboutOne(t *testing.T) {
	other := netip.MustParseAddrPort("127.0.0.9:2948")
	tests := []struct {
		name  string
		about func(first, second *sending) complaint
		ends  string // ids in order
	}{
		{"all of it is quoted", func(_, s *sending) complaint { return complaint{to: s.to, quoted: s.datagram} }, "b"},
		{"its transaction id is quoted", func(f, _ *sending) complaint { return complaint{to: f.to, quoted: f.datagram[:1]} }, "a"},
		{"with padding behind it", func(_, s *sending) complaint {
			return complaint{to: s.to, quoted: append(append([]byte(nil), s.datagram...), 0, 0)}
		}, "b"},
		{"nothing is quoted: the address", func(f, _ *sending) complaint { return complaint{to: f.to} }, "ba"},
		{"another address", func(f, _ *sending) complaint { return complaint{to: other, quoted: f.datagram} }, ""},
		{"another port", func(f, _ *sending) complaint {
			return complaint{to: netip.AddrPortFrom(f.to.Addr(), 9), quoted: f.datagram}
		}, ""},
		{"an earlier push to the same address", func(f, _ *sending) complaint {
			return complaint{to: f.to, quoted: []byte{f.datagram[0] - 1}}
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRadio()
			p, g := configured(t, patient, r.use)
			p.Start(delivery("a", "", "127.0.0.1"))
			first := r.sent(t)
			p.Start(delivery("b", "", "127.0.0.1"))
			second := r.sent(t)
			p.Start(delivery("c", "", "127.0.0.2"))
			r.sent(t)
			until(t, p, func() bool { return second.state == sent && p.sendings.find("c").state == sent })
			c := tt.about(first, second)
			c.errno, c.cause = syscall.ECONNREFUSED, "told"
			r.hear(c)
			for _, id := range tt.ends {
				if got := g.next(t); got.id != string(id) || got.outcome.Kind != push.OutcomeUnreachable || got.outcome.Cause != "told" {
					t.Errorf("got %+v; want the end of %c", got, id)
				}
			}
			g.silent(t, "nothing else was meant")
		})
	}
}

// An error may be there before the call that sent the push returns.
func TestComplaintBeforeSendReturns(t *testing.T) {
	r := newRadio()
	r.held = make(chan struct{})
	p, g := configured(t, patient, r.use)
	p.Start(delivery("a", "", "127.0.0.1"))
	var s *sending
	until(t, p, func() bool { s = p.sendings.find("a"); return s.state == writing })
	r.hear(complaint{to: s.to, errno: syscall.ECONNREFUSED})
	g.silent(t, "an error that quotes nothing is not about what is only being sent")
	r.hear(complaint{to: s.to, quoted: s.datagram[:4], errno: syscall.ECONNREFUSED, cause: "fast"})
	if got := g.next(t).outcome; got.Kind != push.OutcomeUnreachable {
		t.Errorf("got %+v", got)
	}
	close(r.held)
	r.sent(t)
	p.Start(delivery("b", "", "127.0.0.1")) // when this is sent, the first is done with
	r.sent(t)
	p.Cancel("b")
	if got := g.next(t); got.id != "b" {
		t.Errorf("the first ended twice: %+v", got)
	}
}

// Once a socket heard of an ICMP error its next call fails with it, whatever it is about: only what fails again and again is not sent.
func TestErrorOfAnotherDatagramIsTriedAgain(t *testing.T) {
	r := newRadio()
	stale := 0
	r.fail = func(*sending) error {
		if stale++; stale%maxTries != 0 {
			return syscall.EHOSTUNREACH
		}
		return nil
	}
	p, g := configured(t, `listen_for_errors = "0s"`, r.use)
	for range 3 {
		p.Start(delivery("a", "", "127.0.0.1"))
		if got := g.next(t).outcome; got.Kind != push.OutcomeAccepted {
			t.Fatalf("got %+v; want accepted", got)
		}
	}
}

// That a machine does not listen is never said of what was not sent.
func TestErrorsOfOthersSayNothing(t *testing.T) {
	for _, errno := range []error{syscall.ECONNREFUSED, syscall.ENOPROTOOPT} {
		r := newRadio()
		r.fail = func(*sending) error { return errno }
		p, g := configured(t, patient, r.use)
		p.Start(delivery("a", "", "127.0.0.1"))
		if got := g.next(t).outcome; got.Kind != push.OutcomeFailedForNow {
			t.Errorf("%v: got %+v; want failed for now", errno, got)
		}
	}
}

func TestWaiting(t *testing.T) {
	short := delivery("a", "", "127.0.0.1")
	short.Timeout = 50 * time.Millisecond
	tests := []struct {
		name     string
		delivery push.Delivery
		held     bool
		do       func(*Plugin)
		want     push.OutcomeKind
	}{
		{"its time ends while errors are listened for", short, false, nil, push.OutcomeAccepted},
		{"its time ends while it is sent", short, true, nil, push.OutcomeUnknown},
		{"cancelled while errors are listened for", delivery("a", "", "127.0.0.1"), false, func(p *Plugin) { p.Cancel("a") }, push.OutcomeAccepted},
		{"stopped while errors are listened for", delivery("a", "", "127.0.0.1"), false, func(p *Plugin) { p.endAll("stopped") }, push.OutcomeAccepted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRadio()
			if tt.held {
				r.held = make(chan struct{})
				defer close(r.held)
			}
			p, g := configured(t, patient, r.use)
			p.Start(tt.delivery)
			if tt.do != nil {
				s := r.sent(t)
				until(t, p, func() bool { return s.state == sent })
				tt.do(p)
			}
			if got := g.next(t).outcome; got.Kind != tt.want {
				t.Errorf("got %+v; want %v", got, tt.want)
			}
		})
	}
}

func TestDrainGivesBackWhatWasNotSent(t *testing.T) {
	r := newRadio()
	r.held = make(chan struct{})
	p, g := configured(t, `listen_for_errors = "50ms"`, r.use)
	p.Start(delivery("sent", "", "127.0.0.1"))
	until(t, p, func() bool { return p.sendings.find("sent").state == writing })
	p.Start(delivery("waits", "", "127.0.0.1"))
	drained := make(chan struct{})
	go func() { p.Drain(t.Context()); close(drained) }()
	if got := g.next(t); got.id != "waits" || !got.outcome.IsReturned() {
		t.Errorf("got %+v; want it returned", got)
	}
	p.Start(delivery("late", "", "127.0.0.1"))
	if got := g.next(t); got.id != "late" || !got.outcome.IsReturned() {
		t.Errorf("got %+v; want it returned", got)
	}
	close(r.held)
	if got := g.next(t); got.id != "sent" || got.outcome.Kind != push.OutcomeAccepted {
		t.Errorf("got %+v; want it accepted", got)
	}
	<-drained
}

func TestNothingIsListenedFor(t *testing.T) {
	p, g := configured(t, ports(deaf(t, "127.0.0.1"), `listen_for_errors = "0s"`), nil)
	for range 20 {
		p.Start(delivery("a", "", "127.0.0.1"))
		if got := g.next(t).outcome; got.Kind != push.OutcomeAccepted {
			t.Fatalf("got %+v; want accepted", got)
		}
	}
}
