package hlr

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func TestGTPQuestion(t *testing.T) {
	peer := newGSN(t, func(g *gsn, _ int, asked gtp.Packet, from netip.AddrPort) { g.say(from, asked, answerSGSN) })
	g := newGTP(t, GTPConfig{Address: peer.at(), Local: netip.MustParseAddrPort("127.0.0.1:0"), Extension: 4711})
	for _, q := range []Question{{IMSI: gtpIMSI, MSISDN: "46701"}, {IMSI: gtpIMSI, APN: "push.example"}} {
		if _, err := g.Query(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	asked := peer.questions()
	first, second := asked[0].Message.(*gtp.SendRouteingInfoRequest), asked[1].Message.(*gtp.SendRouteingInfoRequest)
	if first.IMSI != gtpIMSI || first.Private != nil || asked[0].Header.TEID != 0 {
		t.Errorf("asked %+v %+v", asked[0].Header, first)
	}
	e, found, err := gtp.FindAPNExtension(second.Private, 4711)
	if err != nil || !found || e != (gtp.APNExtension{APN: "push.example"}) {
		t.Errorf("with an access point: %+v, %v, %v", e, found, err)
	}
	if asked[0].Header.Sequence == asked[1].Header.Sequence {
		t.Error("two questions have one sequence number")
	}
	for _, q := range []Question{{MSISDN: "46701"}, {IMSI: gtpIMSI, APN: "no point"}} {
		if _, err := g.Query(t.Context(), q); !errors.Is(err, ErrQuestion) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if n := len(peer.questions()); n != 2 {
		t.Errorf("%d datagrams, 2 of them questions", n)
	}
}

// A question without an answer goes out again under its number, N3-REQUESTS times in all.
func TestGTPSilence(t *testing.T) {
	silent := newGSN(t, func(*gsn, int, gtp.Packet, netip.AddrPort) {})
	g := newGTP(t, GTPConfig{Address: silent.at(), T3Response: 5 * time.Millisecond, N3Requests: 3})
	_, err := g.Query(t.Context(), Question{IMSI: gtpIMSI})
	var failure *Error
	if !errors.Is(err, ErrTimeout) || !errors.As(err, &failure) || failure.Again {
		t.Errorf("got %v", err)
	}
	eventually(t, "three datagrams", func() bool { return len(silent.questions()) == 3 })
	for _, q := range silent.questions() {
		if q.Header != silent.questions()[0].Header {
			t.Errorf("sent again as %+v", q.Header)
		}
	}

	third := newGSN(t, func(g *gsn, n int, asked gtp.Packet, from netip.AddrPort) {
		if n == 3 {
			g.say(from, asked, answerSGSN)
		}
	})
	g = newGTP(t, GTPConfig{Address: third.at(), T3Response: 5 * time.Millisecond, N3Requests: 1000})
	if l, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); err != nil || !l.Attached {
		t.Errorf("the third was answered: %+v, %v", l, err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrTimeout)
	g = newGTP(t, GTPConfig{Address: silent.at()})
	if _, err := g.Query(ctx, Question{IMSI: gtpIMSI}); !errors.Is(err, ErrTimeout) {
		t.Errorf("out of time: %v", err)
	}
}

// Answers that are for nothing that is asked end no question and are counted; the right one that comes after them does.
func TestGTPDrops(t *testing.T) {
	const wrong = "3221001600000000 SEQ0000 0180 0200010121436587f9 850004c00002ff"
	sibling := listenUDP(t)
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	t.Cleanup(func() { _ = far.Close() })
	for _, tt := range []struct {
		name  string
		wrong func(g *gsn, asked gtp.Packet, to netip.AddrPort)
		want  Drops
	}{
		{"another sequence number", func(g *gsn, asked gtp.Packet, to netip.AddrPort) {
			say(g.UDPConn, to, asked.Header.Sequence+1, wrong)
		}, Drops{Unasked: 1}},
		{"from another port", func(_ *gsn, asked gtp.Packet, to netip.AddrPort) {
			say(sibling, to, asked.Header.Sequence, wrong)
		}, Drops{Unasked: 1}},
		{"from another address", func(_ *gsn, asked gtp.Packet, to netip.AddrPort) {
			say(far, to, asked.Header.Sequence, wrong)
		}, Drops{Strangers: 1}},
		{"the answer to another message", func(g *gsn, asked gtp.Packet, to netip.AddrPort) {
			g.say(to, asked, "3223000600000000 SEQ0000 0180")
		}, Drops{Unasked: 1}},
		{"octets that are no message", func(g *gsn, asked gtp.Packet, to netip.AddrPort) { g.say(to, asked, "32") }, Drops{Malformed: 1}},
		{"no sequence number", func(g *gsn, asked gtp.Packet, to netip.AddrPort) {
			g.say(to, asked, "3021001200000000 0180 0200010121436587f9 850004c00002ff")
		}, Drops{Malformed: 1}},
		{"a request that nobody handles", func(g *gsn, asked gtp.Packet, to netip.AddrPort) {
			g.say(to, asked, "3220000d00000000 03010000 0200010121436587f9")
		}, Drops{Unasked: 1}},
		{"GTP of another version", func(g *gsn, asked gtp.Packet, to netip.AddrPort) {
			g.say(to, asked, "4801000800000000 00000000")
		}, Drops{Malformed: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			peer := newGSN(t, func(g *gsn, n int, asked gtp.Packet, from netip.AddrPort) {
				if _, ok := asked.Message.(*gtp.SendRouteingInfoRequest); ok {
					tt.wrong(g, asked, from)
					g.say(from, asked, answerSGSN)
				}
			})
			g := newGTP(t, GTPConfig{Address: peer.at(), T3Response: patience})
			location, err := g.Query(t.Context(), Question{IMSI: gtpIMSI})
			if err != nil || location.SGSN != "192.0.2.20" {
				t.Errorf("got %+v, %v", location, err)
			}
			eventually(t, "it is counted", func() bool { return g.Drops() == tt.want })
		})
	}
	t.Run("twice, and late", func(t *testing.T) {
		peer := newGSN(t, func(g *gsn, n int, asked gtp.Packet, from netip.AddrPort) {
			g.say(from, asked, answerSGSN)
			g.say(from, asked, wrong)
		})
		g := newGTP(t, GTPConfig{Address: peer.at(), T3Response: patience})
		if l, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); err != nil || l.SGSN != "192.0.2.20" {
			t.Errorf("got %+v, %v", l, err)
		}
		eventually(t, "the second is dropped", func() bool { return g.Drops() == Drops{Unasked: 1} })
		if l, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); err != nil || l.SGSN != "192.0.2.20" {
			t.Errorf("the next question got %+v, %v", l, err)
		}
	})
}

// The GSN is watched: its Echo is answered, it is asked for a sign of life, and what it says of itself is heard.
func TestGTPEcho(t *testing.T) {
	var mu sync.Mutex
	var notices []string
	noticed := func(text string) bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, text) })
	}
	peer := newGSN(t, func(g *gsn, n int, asked gtp.Packet, from netip.AddrPort) {
		switch asked.Message.(type) {
		case *gtp.SendRouteingInfoRequest:
			g.say(from, asked, answerSGSN)
			g.say(from, asked, "3201000400000000 00010000")
		case *gtp.EchoRequest:
			switch {
			case noticed("restarted"):
			case noticed("answers Echo again"):
				g.say(from, asked, "3202000600000000 SEQ0000 0e08")
			case noticed("does not answer"):
				g.say(from, asked, "3202000600000000 SEQ0000 0e07")
			}
		}
	})
	g := newGTP(t, GTPConfig{
		Address: peer.at(), T3Response: 20 * time.Millisecond, N3Requests: 2, Echo: 5 * time.Millisecond,
		Notice: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			notices = append(notices, text)
		},
	})
	if _, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); err != nil {
		t.Logf("the machine is slow: %v", err)
	}
	for _, text := range []string{"does not answer Echo", "answers Echo again", "restarted: its counter went from 7 to 8"} {
		eventually(t, text, func() bool { return noticed(text) })
	}
	eventually(t, "our Echo Response", func() bool {
		return slices.ContainsFunc(peer.questions(), func(p gtp.Packet) bool { return p.Header.Type == gtp.TypeEchoResponse })
	})
}

func TestGTPEnds(t *testing.T) {
	asked := make(chan struct{}, 1)
	silent := newGSN(t, func(*gsn, int, gtp.Packet, netip.AddrPort) {
		select {
		case asked <- struct{}{}:
		default:
		}
	})
	g := newGTP(t, GTPConfig{Address: silent.at(), T3Response: patience})
	failed := make(chan error)
	go func() {
		_, err := g.Query(t.Context(), Question{IMSI: gtpIMSI})
		failed <- err
	}()
	<-asked
	g.Close()
	if err := <-failed; !errors.Is(err, ErrDown) {
		t.Errorf("closed under a question: %v", err)
	}
	if _, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); !errors.Is(err, ErrDown) {
		t.Errorf("asked after: %v", err)
	}
	taken := listenUDP(t).LocalAddr().(*net.UDPAddr).AddrPort()
	g = newGTP(t, GTPConfig{Address: silent.at(), Local: taken})
	var failure *Error
	if _, err := g.Query(t.Context(), Question{IMSI: gtpIMSI}); !errors.Is(err, ErrDown) || !errors.As(err, &failure) || !failure.Again {
		t.Errorf("the local port is taken: %v", err)
	}
	for name, c := range map[string]GTPConfig{
		"no address":         {},
		"no port":            {Address: netip.MustParseAddrPort("192.0.2.1:0")},
		"any address":        {Address: netip.MustParseAddrPort("0.0.0.0:2123")},
		"of different kinds": {Address: netip.MustParseAddrPort("192.0.2.1:2123"), Local: netip.MustParseAddrPort("[::1]:0")},
	} {
		if _, err := NewGTP(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
