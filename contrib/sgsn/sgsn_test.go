package sgsn_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func TestNotification(t *testing.T) {
	other := netip.MustParseAddr("10.45.0.99")
	static, blank := gtp.StaticAddress(terminal), gtp.DynamicAddress(gtp.PDPIPv4)
	tests := []struct {
		name     string
		terminal sgsn.Terminal
		notified gtp.EndUserAddress
		answer   gtp.Cause // 0 is none
		created  gtp.EndUserAddress
		ends     sgsn.Kind
		cause    gtp.Cause
	}{
		{name: "static", notified: static, answer: 128, created: static, ends: sgsn.Activated, cause: 128},
		{name: "blank", notified: blank, answer: 128, created: blank, ends: sgsn.Activated, cause: 128},
		{name: "static, and a dynamic one wanted", terminal: sgsn.Terminal{Wants: sgsn.WantsDynamic}, notified: static, answer: 128, created: blank, ends: sgsn.Activated, cause: 128},
		{name: "static, and another one wanted", terminal: sgsn.Terminal{Wants: sgsn.WantsOther, Wanted: other}, notified: static, answer: 128, created: gtp.StaticAddress(other), ends: sgsn.Activated, cause: 128},
		{name: "later", terminal: sgsn.Terminal{After: 30 * time.Millisecond}, notified: static, answer: 128, created: static, ends: sgsn.Activated, cause: 128},
		{name: "rejected", terminal: sgsn.Terminal{Does: sgsn.Rejects}, notified: static, answer: 128, ends: sgsn.Rejected, cause: 128},
		{name: "rejected for a cause", terminal: sgsn.Terminal{Does: sgsn.Rejects, Reject: gtp.CauseMSNotResponding}, notified: static, answer: 128, ends: sgsn.Rejected, cause: 128},
		{name: "refused", terminal: sgsn.Terminal{Refuse: gtp.CauseMSDetached}, notified: static, answer: 195, ends: sgsn.Notified, cause: 195},
		{name: "nothing", terminal: sgsn.Terminal{Does: sgsn.DoesNothing}, notified: static, answer: 128, ends: sgsn.Notified, cause: 128},
		{name: "silence", terminal: sgsn.Terminal{Unanswered: true}, notified: static, ends: sgsn.Notified},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := newGGSN(t)
			s, diary := newSGSN(t, g, sgsn.Config{Everybody: test.terminal})
			answer, err := g.notify(s, test.notified)
			if test.answer == 0 {
				if !errors.Is(err, gtp.ErrNoResponse) {
					t.Errorf("the notification ended with %v, %v, want no response", answer, err)
				}
			} else if m, ok := answer.Message.(*gtp.PDUNotificationResponse); err != nil || !ok || m.Cause != test.answer || answer.Header.TEID != 0x55 {
				t.Errorf("the notification ended with %+v, %v, want cause %d for TEID 0x55", answer, err, test.answer)
			}
			if e := await(t, diary, test.ends, 1); e.Cause != test.cause {
				t.Errorf("%s with cause %v, want %v", e.Kind, e.Cause, test.cause)
			}
			if err := s.Close(); err != nil { // nothing more comes
				t.Error(err)
			}
			g.mu.Lock()
			defer g.mu.Unlock()
			if creates := test.created != (gtp.EndUserAddress{}); creates != (len(g.creates) == 1) {
				t.Fatalf("%d contexts were asked for, want %v", len(g.creates), creates)
			} else if creates && (g.creates[0].EndUserAddress != test.created || g.creates[0].APN != apn || g.creates[0].IMSI != imsi) {
				t.Errorf("asked for %+v, want the address %v", g.creates[0], test.created)
			}
			if rejects := test.ends == sgsn.Rejected; rejects != (len(g.rejects) == 1) {
				t.Fatalf("%d rejects, want %v", len(g.rejects), rejects)
			} else if rejects {
				m := g.rejects[0].Message.(*gtp.PDUNotificationRejectRequest)
				want := test.terminal.Reject
				if want == 0 {
					want = gtp.CauseMSRefuses
				}
				if g.rejects[0].Header.TEID != 0x55 || m.Cause != want || m.EndUserAddress != test.notified || m.APN != apn {
					t.Errorf("rejected with %+v for TEID %#x, want cause %v for 0x55", m, g.rejects[0].Header.TEID, want)
				}
			}
		})
	}
}

// What a GGSN sends in the tunnel is with the terminal, and what the terminal says comes back.
func TestDatagrams(t *testing.T) {
	g := newGGSN(t)
	s, diary := newSGSN(t, g, sgsn.Config{})
	if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
		t.Fatal(err)
	}
	await(t, diary, sgsn.Activated, 1)
	push := unhex(t, aPush)

	g.send(s, push)
	from, to := netip.MustParseAddrPort("10.45.0.1:9200"), netip.MustParseAddrPort("10.45.0.7:2948")
	if d := await(t, diary, sgsn.Delivered, 1).Datagram; d.From != from || d.To != to || !bytes.Equal(d.Payload, push[28:]) {
		t.Errorf("the terminal got %v", d)
	}

	s.Behave(imsi, sgsn.Terminal{Deaf: true})
	g.send(s, push)
	await(t, diary, sgsn.Unwanted, 1)
	p := g.receive()
	m, ok := p.Message.(*gtp.GPDU)
	if !ok || p.Header.TEID != 0x101 {
		t.Fatalf("back came %+v", p)
	}
	if icmp := m.Payload; icmp[9] != 1 || icmp[20] != 3 || icmp[21] != 3 || !bytes.HasSuffix(icmp, push) {
		t.Errorf("back came %x, want ICMP port unreachable with the packet", icmp)
	}

	s.Behave(imsi, sgsn.Terminal{Deaf: true, Mute: true}) // what it says next is the next that comes
	g.send(s, push)
	await(t, diary, sgsn.Unwanted, 2)

	for i, bad := range []struct {
		name string
		make func([]byte) []byte
	}{
		{"cut off", func(b []byte) []byte { return b[:len(b)-1] }},
		{"a wrong checksum of IP", func(b []byte) []byte { b[11]++; return b }},
		{"a wrong checksum of UDP", func(b []byte) []byte { b[27]++; return b }},
		{"nothing", func([]byte) []byte { return nil }},
	} {
		g.send(s, bad.make(bytes.Clone(push)))
		if e := await(t, diary, sgsn.Garbled, i+1); e.Err == nil {
			t.Errorf("%s: no error", bad.name)
		}
	}

	if err := s.Send(imsi, 2948, from, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if p := g.receive(); !bytes.HasSuffix(p.Message.(*gtp.GPDU).Payload, []byte("hello")) {
		t.Errorf("from the terminal came %+v", p)
	}

	g.mu.Lock()
	g.data++ // a tunnel that was never given out
	g.mu.Unlock()
	g.send(s, push)
	data, _ := g.tunnels()
	if m, ok := g.receive().Message.(*gtp.ErrorIndication); !ok || m.TEIDData != data || m.Address != s.User().Addr() {
		t.Errorf("to a packet in no tunnel came %+v", m)
	}
}

// What comes in a tunnel before the Create is answered waits for that: the two go different ways.
func TestEarly(t *testing.T) {
	for _, refuse := range []gtp.Cause{0, gtp.CauseNoResources} {
		g := newGGSN(t)
		s, diary := newSGSN(t, g, sgsn.Config{})
		push := unhex(t, aPush)
		g.mu.Lock()
		g.refuse = refuse
		g.eager = func(teid gtp.TEID) {
			g.sendTo(s, teid, push)
			echo, _ := gtp.Append(nil, gtp.Header{}, new(gtp.EchoRequest))
			_, _ = g.user.WriteToUDPAddrPort(echo, s.User())
			g.receive() // the packet is there before the answer
		}
		g.mu.Unlock()
		if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
			t.Fatal(err)
		}
		if refuse == 0 {
			await(t, diary, sgsn.Activated, 1)
			await(t, diary, sgsn.Delivered, 1)
			continue
		}
		await(t, diary, sgsn.Refused, 1)
		if _, err := diary.Await(sgsn.Stray, "", 1, patience); err != nil {
			t.Error(err)
		}
	}
}

// Nothing that came through a context is told before the context is.
func TestActivatedComesFirst(t *testing.T) {
	g := newGGSN(t)
	push := unhex(t, aPush)
	var order []sgsn.Kind
	var mu sync.Mutex
	var s *sgsn.SGSN
	var diary *sgsn.Diary
	s, diary = newSGSN(t, g, sgsn.Config{Observe: func(e sgsn.Event) {
		if e.Kind == sgsn.Activated {
			data, _ := g.tunnels()
			g.sendTo(s, data, push)
			echo, _ := gtp.Append(nil, gtp.Header{}, new(gtp.EchoRequest))
			_, _ = g.user.WriteToUDPAddrPort(echo, s.User())
			g.receive() // the packet was taken
		}
		mu.Lock()
		order = append(order, e.Kind)
		mu.Unlock()
	}})
	if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
		t.Fatal(err)
	}
	await(t, diary, sgsn.Delivered, 1)
	mu.Lock()
	defer mu.Unlock()
	if a, d := slices.Index(order, sgsn.Activated), slices.Index(order, sgsn.Delivered); a < 0 || d < a {
		t.Errorf("the order is %v", order)
	}
}

func TestDetach(t *testing.T) {
	g := newGGSN(t)
	s, diary := newSGSN(t, g, sgsn.Config{})
	own := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port(g.control))
	c, err := s.Activate(sgsn.Activation{IMSI: imsi, APN: apn, Address: gtp.DynamicAddress(gtp.PDPIPv4), GGSN: own})
	if err != nil || c.Address != terminal || s.Contexts() != 1 {
		t.Fatalf("activated %+v, %v; %d contexts", c, err, s.Contexts())
	}
	if cause, err := s.Detach(imsi); err != nil || cause != gtp.CauseRequestAccepted || s.Contexts() != 0 {
		t.Errorf("detached with %v, %v; %d contexts", cause, err, s.Contexts())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.deletes) != 1 || g.deletes[0].TEID != 0x102 {
		t.Errorf("deleted %+v, want TEID 0x102", g.deletes)
	}
	await(t, diary, sgsn.Deleted, 1)
}

func TestActivationRefused(t *testing.T) {
	g := newGGSN(t)
	g.mu.Lock()
	g.refuse = gtp.CauseUnknownPDPAddressOrType
	g.mu.Unlock()
	s, diary := newSGSN(t, g, sgsn.Config{})
	own := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port(g.control))
	if _, err := s.Activate(sgsn.Activation{IMSI: imsi, APN: apn, Address: gtp.StaticAddress(terminal), GGSN: own}); err == nil || s.Contexts() != 0 {
		t.Errorf("a refused activation ended with %v and %d contexts", err, s.Contexts())
	}
	if e := await(t, diary, sgsn.Refused, 1); e.Cause != gtp.CauseUnknownPDPAddressOrType {
		t.Errorf("refused with %v", e.Cause)
	}
}

// The GGSN takes a context away: by a request that names it, and not by another.
func TestReleased(t *testing.T) {
	g := newGGSN(t)
	s, diary := newSGSN(t, g, sgsn.Config{})
	if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
		t.Fatal(err)
	}
	await(t, diary, sgsn.Activated, 1)
	data, control := g.tunnels()
	for _, test := range []struct {
		teid  gtp.TEID
		cause gtp.Cause
		left  int
	}{{control + 1, gtp.CauseNonExistent, 1}, {data, gtp.CauseNonExistent, 1}, {control, gtp.CauseRequestAccepted, 0}} {
		p, err := g.path.Do(t.Context(), s.Control(), test.teid, &gtp.DeletePDPContextRequest{NSAPI: 5, Teardown: new(true)})
		if err != nil {
			t.Fatal(err)
		}
		if m := p.Message.(*gtp.DeletePDPContextResponse); m.Cause != test.cause || s.Contexts() != test.left {
			t.Errorf("deleting %#x: %v and %d contexts left, want %v and %d", test.teid, m.Cause, s.Contexts(), test.cause, test.left)
		}
	}
	await(t, diary, sgsn.Released, 1)
}

func TestRestart(t *testing.T) {
	g := newGGSN(t)
	s, diary := newSGSN(t, g, sgsn.Config{})
	activated := func(n int) {
		if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
			t.Fatal(err)
		}
		await(t, diary, sgsn.Activated, n)
	}
	activated(1)
	if err := s.Restart(); err != nil || s.Contexts() != 0 {
		t.Fatalf("restarted: %v, %d contexts", err, s.Contexts())
	}
	activated(2)
	if got := <-g.restarts; got != [2]uint8{1, 2} {
		t.Errorf("the GGSN saw %v, want a counter of 1 and then 2", got)
	}
}

// A terminal that refuses once activates the second time.
func TestTimes(t *testing.T) {
	g := newGGSN(t)
	s, diary := newSGSN(t, g, sgsn.Config{Everybody: sgsn.Terminal{Refuse: gtp.CauseNoResources, Times: 1}})
	for _, want := range []gtp.Cause{gtp.CauseNoResources, gtp.CauseRequestAccepted} {
		p, err := g.notify(s, gtp.StaticAddress(terminal))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Message.(*gtp.PDUNotificationResponse).Cause; got != want {
			t.Errorf("answered with %v, want %v", got, want)
		}
	}
	await(t, diary, sgsn.Activated, 1)
}

// A link that loses each second message in both directions, and takes its time, delays what happens and changes nothing.
func TestLink(t *testing.T) {
	g := newGGSN(t)
	link := sgsn.Link{OneWay: 10 * time.Millisecond, LoseSent: 2, LoseReceived: 2}
	s, diary := newSGSN(t, g, sgsn.Config{ControlLink: link, UserLink: sgsn.Link{OneWay: time.Millisecond}})
	before := time.Now()
	if _, err := g.notify(s, gtp.StaticAddress(terminal)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(before); took < 20*time.Millisecond {
		t.Errorf("the notification took %v over a link of 10 ms each way", took)
	}
	await(t, diary, sgsn.Activated, 1)
	g.send(s, unhex(t, aPush))
	await(t, diary, sgsn.Delivered, 1)
	if got := len(diary.Of(sgsn.Notified, imsi)); got != 1 {
		t.Errorf("the terminal was notified %d times", got)
	}
}
