package pdp

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// static1 is a push to the terminal whose static address is 10.46.0.1.
func static1(id, token string) push.Delivery {
	return with(plmn("358400000001"), func(d *push.Delivery) {
		d.ID, d.Token = id, []byte(token)
		d.Route = push.Route{Node: "foreign", IMSI: "001010000000001"}
	})
}

func TestWakeByPacket(t *testing.T) {
	const wait = "activation_wait = \"20ms\"\n"
	t.Run("nothing comes back", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, wait+offline(t, nobody), r.use)
		p.Start(static1("a", ""))
		s := r.sent(t)
		if s.to.String() != "10.46.0.1:9" || len(s.datagram) != 1 || s.datagram[0] != 0 {
			t.Errorf("to wake it was sent %x to %s", s.datagram, s.to)
		}
		if token := next(t, "token", g.tokens); token != "a1 woken 1" {
			t.Errorf("the token is %q", token)
		}
		o := g.next(t).outcome
		if o.Kind != push.OutcomeFailedForNow || o.Code != 4001 || !strings.Contains(o.Cause, "10.46.0.1:9 to wake it, once") {
			t.Errorf("got %+v", o)
		}
		p.Start(static1("b", "woken 1"))
		r.sent(t)
		if token := next(t, "token", g.tokens); token != "b1 woken 2" {
			t.Errorf("the token is %q", token)
		}
		if o = g.next(t).outcome; o.Kind != push.OutcomeFailedForNow || !strings.Contains(o.Cause, "2 times so far") {
			t.Errorf("got %+v", o)
		}
		p.Start(static1("c", "woken 2"))
		if o = g.next(t).outcome; o.Kind != push.OutcomeUnreachable || o.Text != "the terminal does not come online" {
			t.Errorf("got %+v", o)
		}
		if token := next(t, "token", g.tokens); token != "c1 " { // a later try begins anew
			t.Errorf("the token is %q", token)
		}
		if len(r.took) > 0 {
			t.Error("something more was sent")
		}
	})
	t.Run("the session is there at the next try", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, wait+`listen_for_errors = "0s"`+"\n"+offline(t, nobody), r.use)
		d := static1("a", "woken 1")
		d.Route.Session = online("10.46.0.1")
		p.Start(d)
		if s := r.sent(t); s.to.String() != "10.46.0.1:2948" || len(s.datagram) < 10 {
			t.Errorf("sent was %x to %s", s.datagram, s.to)
		}
		if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
			t.Errorf("got %+v", o)
		}
	})
	const long = "activation_wait = \"1m\"\n"
	told := func(errno error, from string) complaint {
		return complaint{to: netip.MustParseAddrPort("10.46.0.1:9"), quoted: wakePacket[:], errno: errno, from: netip.MustParseAddr(from), cause: "told"}
	}
	t.Run("the terminal answers", func(t *testing.T) {
		for _, listen := range []string{"0s", "1ms"} {
			r := newRadio()
			p, g := configured(t, long+fmt.Sprintf("listen_for_errors = %q\n", listen)+offline(t, nobody), r.use)
			p.Start(static1("a", ""))
			p.Start(static1("b", "")) // of two, both are told
			r.sent(t)
			r.sent(t)
			r.hear(told(syscall.ECONNREFUSED, "10.45.0.254")) // a firewall says nothing of the terminal
			r.hear(told(syscall.ECONNREFUSED, "10.46.0.1"))
			for range 2 {
				if s := r.sent(t); s.to.String() != "10.46.0.1:2948" || len(s.datagram) < 10 {
					t.Errorf("sent was %x to %s", s.datagram, s.to)
				}
				o := g.next(t).outcome
				if o.Kind != push.OutcomeAccepted {
					t.Errorf("got %+v", o)
				}
				if told := exchangeLines(o); told != " > terminal: a packet to its static address, to wake it; terminal > : ICMP port unreachable: it is awake;  > terminal: push" {
					t.Errorf("the trace has %s", told)
				}
			}
			if p.sendings.first != nil || p.moments.next() != nil {
				t.Error("something is left of what ended")
			}
		}
	})
	t.Run("the terminal answers before the packet is known to be sent", func(t *testing.T) {
		r := newRadio()
		r.held = make(chan struct{})
		p, g := configured(t, long+"listen_for_errors = \"0s\"\n"+offline(t, nobody), r.use)
		p.Start(static1("a", ""))
		until(t, p, func() bool { return p.sendings.find("a").state == writing })
		r.hear(told(syscall.ECONNREFUSED, "10.46.0.1"))
		r.hear(told(syscall.ECONNREFUSED, "10.46.0.1"))
		close(r.held)
		if s := r.sent(t); s == nil || len(r.took) > 1 {
			t.Error("more was sent than the packet")
		}
		if s := r.sent(t); s.to.Port() != 2948 {
			t.Errorf("sent was something to %s", s.to)
		}
		if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
			t.Errorf("got %+v", o)
		}
		if len(r.took) > 0 {
			t.Error("something more was sent")
		}
	})
	t.Run("the network says no", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, long+offline(t, nobody), r.use)
		p.Start(static1("a", ""))
		r.sent(t)
		r.hear(told(syscall.EHOSTUNREACH, "10.45.0.254"))
		if o := g.next(t).outcome; o.Kind != push.OutcomeUnreachable || o.Cause != "told" {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("its time is over", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, long+offline(t, nobody), r.use)
		d := static1("a", "")
		d.Timeout = 50 * time.Millisecond
		p.Start(d)
		if o := g.next(t).outcome; o.Kind != push.OutcomeFailedForNow {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, long+offline(t, nobody), r.use)
		p.Start(static1("a", ""))
		until(t, p, func() bool { return p.sendings.find("a").state == sent })
		p.Cancel("a")
		if o := g.next(t).outcome; o.Kind != push.OutcomeFailedForNow || !strings.HasSuffix(o.Cause, "cancelled") {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("the bearer is stopped", func(t *testing.T) {
		r := newRadio()
		p, g := configured(t, long+offline(t, nobody), r.use)
		p.Start(static1("a", ""))
		until(t, p, func() bool { return p.sendings.find("a").state == sent })
		drain(t, p, patience)
		if o := g.next(t).outcome; !o.IsReturned() { // the push itself was not sent
			t.Errorf("got %+v", o)
		}
	})
}

// The kernel's own errors: a terminal that listens for pushes and not at the discard port is woken and gets its push at once.
func TestWokenTerminalAnswers(t *testing.T) {
	if !kernelComplains {
		t.Skip("this system tells nothing")
	}
	conn, port := terminal(t, "127.0.0.1")
	file := written(t, "static.csv", "+358400000001,127.0.0.1")
	p, g := configured(t, ports(port, fmt.Sprintf(`static_file = %q
		wake_port = %d
		activation_wait = "10s"
		listen_for_errors = "1ms"
		node = [{ name = "foreign", source = "127.0.0.1", activation = "packet" }]`, file, deaf(t, "127.0.0.1"))), nil)
	p.Start(with(plmn("358400000001"), nil))
	if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
		t.Errorf("got %+v", o)
	}
	buf := make([]byte, 1500)
	conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := conn.Read(buf); err != nil || n < 10 {
		t.Errorf("the terminal got %x, %v", buf[:n], err)
	}
}

func TestTokens(t *testing.T) {
	for token, want := range map[string]int{"": 0, "woken 1": 1, "woken 10": 10, "woken -1": 0, "woken x": 0, "other 3": 0, "woken 99999999999999999999": 0} {
		if got := woken([]byte(token)); got != want {
			t.Errorf("%q is %d; want %d", token, got, want)
		}
	}
}
