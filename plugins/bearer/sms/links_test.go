package sms

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// The link slows down, and nothing is lost.
func TestThrottling(t *testing.T) {
	t.Parallel()
	for _, status := range []smpp.Status{smpp.StatusThrottled, smpp.StatusMsgQFul} {
		t.Run(status.String(), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var times []time.Time
			s := startSMSC(t, nil)
			s.answerBy(func(sub submission) {
				mu.Lock()
				times = append(times, time.Now())
				n := len(times)
				mu.Unlock()
				if n <= 20 {
					sub.answer(status)
				} else {
					sub.ok()
				}
			})
			_, g := start(t, s, "")
			for i := range 20 {
				g.deliver(deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 1))
			}
			for range 20 {
				if r := g.result(); r.outcome.Kind != push.OutcomeDelivered {
					t.Errorf("%s: %+v", r.id, r.outcome)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if len(times) > 45 {
				t.Errorf("%d submissions of 20 messages: the SMSC's answer was not obeyed", len(times))
			}
			longest := time.Duration(0)
			for i := 1; i < len(times); i++ {
				longest = max(longest, times[i].Sub(times[i-1]))
			}
			if longest < 200*time.Millisecond*9/10 {
				t.Errorf("the longest pause was %v", longest)
			}
		})
	}
}

// An SMSC that says "queue full" of one terminal slows that one down and not the others.
func TestQueueFullOfOneTerminal(t *testing.T) {
	t.Parallel()
	const full = "358499999999"
	s := startSMSC(t, func(sub submission) {
		if sub.Destination.Addr == full {
			sub.answer(smpp.StatusMsgQFul)
		} else {
			sub.ok()
		}
	})
	_, g := start(t, s, "")
	g.deliver(deliveryOf("full", full, 1))
	for i := range 20 {
		g.deliver(deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 1))
	}
	for range 20 {
		if r := g.result(); r.outcome.Kind != push.OutcomeDelivered {
			t.Errorf("%s: %+v", r.id, r.outcome)
		}
	}
}

// An SMSC that has forgotten the bind is bound again, and no push is refused for it.
func TestSMSCForgetsTheBind(t *testing.T) {
	t.Parallel()
	var once sync.Once
	s := startSMSC(t, func(sub submission) {
		status := smpp.StatusOK
		once.Do(func() { status = smpp.StatusInvBndSts })
		sub.answer(status)
	})
	_, g := start(t, s, "")
	g.deliver(deliveryOf("d", number, 1))
	g.want("d", push.OutcomeDelivered)
	if n := s.bound(); n < 2 {
		t.Errorf("bound %d times", n)
	}
}

func TestThrottledToTheEnd(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(sub submission) { sub.answer(smpp.StatusThrottled) })
	_, g := start(t, s, `window = "300ms"`)
	g.deliver(deliveryOf("d", number, 1))
	if r := g.want("d", push.OutcomeFailedForNow); r.outcome.Code != 4001 {
		t.Errorf("outcome %+v", r.outcome)
	}
}

// The answer to a segment is lost with the link. Where the message can not be whole it failed, where it may be it is unknown; a
// second start completes it under the same reference with the missing segments only.
func TestLinkLostInATransaction(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lost int // the segment without an answer
		kind push.OutcomeKind
		then []int
	}{
		{1, push.OutcomeFailedForNow, []int{1, 2, 3}},
		{2, push.OutcomeFailedForNow, []int{2, 3}},
		{3, push.OutcomeUnknown, []int{3}},
	} {
		t.Run(fmt.Sprintf("segment %d", tt.lost), func(t *testing.T) {
			t.Parallel()
			hold := make(chan submission, 10)
			s := startSMSC(t, func(sub submission) {
				if sub.sequence() == tt.lost {
					hold <- sub
				} else {
					sub.ok()
				}
			})
			_, g := start(t, s, `window = "1s"`)
			d := deliveryOf("d", number, 3)
			g.deliver(d)
			receive(t, hold, "the last submission")
			s.stop() // and nothing listens any more
			r := g.want("d", tt.kind)
			var subs []submission
			for range tt.lost {
				subs = append(subs, s.next())
			}

			again := startSMSCAt(t, s.address(), nil)
			eventually(t, "the link is bound again", func() bool { return again.bound() > 0 })
			d.ID, d.Token = "again", r.token
			tokens := len(g.tokens)
			g.deliver(d)
			g.want("again", push.OutcomeDelivered)
			if len(g.tokens) != tokens {
				t.Error("a token that is on disk was stored again")
			}
			var got []int
			for range tt.then {
				sub := again.next()
				got = append(got, sub.sequence())
				subs = append(subs, sub)
			}
			again.nothing()
			if !slices.Equal(got, tt.then) {
				t.Errorf("segments %v of the second start, want %v", got, tt.then)
			}
			for _, sub := range subs {
				if sub.header.Concatenation.Reference != subs[0].header.Concatenation.Reference {
					t.Errorf("references %+v and %+v", subs[0].header.Concatenation, sub.header.Concatenation)
				}
			}
			if p := read(t, subs...); string(p.Data) != string(d.Message.Body) {
				t.Error("the terminal read something else")
			}
		})
	}
}

// Inside the window the bearer goes on by itself when the link is back.
func TestLinkComesBack(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(submission) {})
	_, g := start(t, s, "")
	d := deliveryOf("d", number, 2)
	g.deliver(d)
	first := s.next()
	s.answerBy(nil)
	s.cut()
	g.want("d", push.OutcomeDelivered)
	if p := read(t, first, s.next(), s.next()); string(p.Data) != string(d.Message.Body) {
		t.Error("the terminal read something else")
	}
	// A message of one segment would be seen twice: it is not sent again.
	s.answerBy(func(submission) {})
	g.deliver(deliveryOf("single", number, 1))
	s.next()
	s.cut()
	g.want("single", push.OutcomeUnknown)
}

func TestSMSCAwayAtStart(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\" }]", address))
	if n, why := g.windowNow(), g.whyNow(); n != 0 || !strings.HasPrefix(why, address+": connection refused, next try in ") {
		t.Errorf("window %d without a link, %q", n, why)
	}
	g.deliver(deliveryOf("d", number, 1))
	s := startSMSCAt(t, address, nil)
	g.want("d", push.OutcomeDelivered)
	if n, why := g.windowNow(), g.whyNow(); n != 1000 || why != "" {
		t.Errorf("window %d with a link, %q, want 1000", n, why)
	}
	s.stop()
	eventually(t, "the window closes with the link", func() bool { return g.windowNow() == 0 })
	eventually(t, "the reason is the latest", func() bool { return strings.HasPrefix(g.whyNow(), address+": connection refused, next try in ") })
	short := deliveryOf("short", number, 1)
	short.Timeout = 50 * time.Millisecond
	g.deliver(short)
	if r := g.want("short", push.OutcomeFailedForNow); r.outcome.Code != 4001 {
		t.Errorf("outcome %+v", r.outcome)
	}
}

// The window comes without any delivery, and so does the reason when it changes; without a change nothing comes.
func TestWhyNothingIsTaken(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, nil)
	s.refuse(smpp.StatusInvPaswd)
	_, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\" }]", s.address()))
	if n, why := g.windowNow(), g.whyNow(); n != 0 || !strings.HasPrefix(why, s.address()+": bind refused: ESME_RINVPASWD, next try in ") {
		t.Errorf("window %d, %q", n, why)
	}
	s.refuse(smpp.StatusOK)
	eventually(t, "the link is bound", func() bool { return g.windowNow() == 1000 && g.whyNow() == "" })
	g.mu.Lock()
	told := len(g.windows)
	g.mu.Unlock()
	for i := range 20 {
		g.deliver(deliveryOf(fmt.Sprint(i), number, 1))
		g.want(fmt.Sprint(i), push.OutcomeDelivered)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.windows) != told {
		t.Errorf("windows %v while nothing changed", g.windows[told:])
	}
}

func (g *gateway) whyNow() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.why
}

func (g *gateway) windowNow() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.window
}

func TestLinksShareTheLoadAndStandIn(t *testing.T) {
	t.Parallel()
	a, b := startSMSC(t, func(submission) {}), startSMSC(t, func(submission) {})
	p, g := startBearer(t, fmt.Sprintf(`source = "1234"
in_flight = 1
[[link]]
address = %q
system_id = "ppg"
window = 10
[[link]]
address = %q
system_id = "ppg"
window = 10`, a.address(), b.address()))
	eventually(t, "both links are bound", func() bool { return p.links.Places() == 20 })
	for i := range 20 {
		g.deliver(deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 2))
	}
	for range 10 {
		a.next()
		b.next()
	}
	if n := g.windowNow(); n != 20 {
		t.Errorf("window %d, want the places of both links", n)
	}
	b.answerBy(nil)
	a.stop() // its ten segments have no answer; they go over b, whose own ten still hang
	for i := range 5 {
		g.deliver(deliveryOf(fmt.Sprint("more", i), fmt.Sprint(358410000000+i), 1))
	}
	eventually(t, "the window is that of the link that is left", func() bool { return g.windowNow() == 10 })
	b.cut() // and now its places are free again
	for range 25 {
		if r := g.result(); r.outcome.Kind != push.OutcomeDelivered {
			t.Errorf("%s: %+v", r.id, r.outcome)
		}
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, ca := certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	s := serveSMSC(t, l, nil)
	config := fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\", tls = true, server_name = \"smsc.example\"", s.address())
	t.Run("trusted", func(t *testing.T) {
		_, g := startBearer(t, fmt.Sprintf("%s, ca_file = %q }]", config, ca))
		g.deliver(deliveryOf("d", number, 2))
		g.want("d", push.OutcomeDelivered)
	})
	t.Run("not trusted", func(t *testing.T) {
		binds := s.bound()
		_, g := startBearer(t, config+" }]")
		d := deliveryOf("d", number, 1)
		d.Timeout = 100 * time.Millisecond
		g.deliver(d)
		g.want("d", push.OutcomeFailedForNow)
		if s.bound() != binds {
			t.Error("bound to an SMSC that is not trusted")
		}
	})
}

func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"smsc.example"}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// Ten thousand deliveries on the air cost no goroutine.
func TestManySuspended(t *testing.T) {
	const n = 10_000
	s := startSMSC(t, func(submission) {})
	p, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\", window = %d }]", s.address(), n))
	eventually(t, "the whole window", func() bool { return g.windowNow() == n })
	before := runtime.NumGoroutine()
	for i := range n {
		d := deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 2)
		d.Timeout = time.Minute
		g.deliver(d)
	}
	first := make([]submission, n)
	for i := range first {
		first[i] = s.next()
	}
	if after := runtime.NumGoroutine(); after > before+5 { // a few come and go with timers and links
		t.Errorf("%d goroutines with %d deliveries on the air, %d before", after, n, before)
	}
	s.answerBy(nil)
	for _, sub := range first {
		sub.ok()
	}
	for range n {
		if r := g.result(); r.outcome.Kind != push.OutcomeDelivered {
			t.Fatalf("%s: %+v", r.id, r.outcome)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.deliveries) != 0 {
		t.Errorf("%d deliveries are left", len(p.deliveries))
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, nil)
	_, g := startBearer(t, fmt.Sprintf("source = \"1234\"\nlink = [{ address = %q, system_id = \"ppg\", rate = \"50/s\" }]", s.address()))
	began := time.Now()
	for i := range 25 {
		g.deliver(deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 1))
	}
	for range 25 {
		g.result()
	}
	if took := time.Since(began); took < 350*time.Millisecond || took > 5*time.Second {
		t.Errorf("25 segments at 50/s took %v", took)
	}
}
