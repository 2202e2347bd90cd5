package notify

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// events records what the notifier commits.
type events struct {
	store.Store
	mu  sync.Mutex
	all []store.Event
}

func (e *events) Commit(evs []store.Event, done func(error)) {
	e.mu.Lock()
	e.all = append(e.all, evs...)
	e.mu.Unlock()
	done(nil)
}

func (e *events) list() []store.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]store.Event(nil), e.all...)
}

// initiator is a Push Initiator's server that answers with what the test scripts.
type initiator struct {
	*httptest.Server
	mu      sync.Mutex
	got     []string
	answers []func(http.ResponseWriter)
}

func newInitiator(t *testing.T, answers ...func(http.ResponseWriter)) *initiator {
	pi := &initiator{answers: answers}
	pi.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		pi.mu.Lock()
		pi.got = append(pi.got, string(body))
		answer := pi.answers[min(len(pi.got), len(pi.answers))-1]
		pi.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(pi.Close)
	return pi
}

func (pi *initiator) count() int {
	pi.mu.Lock()
	defer pi.mu.Unlock()
	return len(pi.got)
}

func status(code int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

func response(code int) string {
	return fmt.Sprintf(`<?xml version="1.0"?><pap><resultnotification-response push-id="p1" code="%d"/></pap>`, code)
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func newNotifier(t *testing.T) (*Notifier, *events, *clock.Fake) {
	st, cl := &events{}, clock.NewFake(start)
	n := New(Options{Clock: cl, Store: st, Log: hclog.NewNullLogger(), Sender: "ppg.example.net"})
	t.Cleanup(n.Stop)
	return n, st, cl
}

func owed(url string) (*store.Push, *store.Delivery, *store.Notification) {
	p := &store.Push{PushID: "p1", Received: start, PAPVersion: "2.0"}
	d := &store.Delivery{
		AddressText: "WAPPUSH=+358401234567/TYPE=PLMN@ppg.example.net",
		Result:      store.Result{State: store.Delivered, Code: 1000, At: start, Method: push.Confirmed, Bearer: "SMS", Network: "GSM"},
	}
	return p, d, &store.Notification{ID: 7, URL: url, Next: start, Until: start.Add(time.Hour)}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer func(http.ResponseWriter)
		acked  bool
		ended  bool // there is no further try
	}{
		{"acknowledged", status(200, response(1000)), true, true},
		{"an empty answer acknowledges", status(204, ""), true, true},
		{"a blank answer acknowledges", status(200, "\r\n"), true, true},
		{"refused for good", status(200, response(2004)), false, true},
		{"the initiator failed", status(200, response(3000)), false, false},
		{"nonsense", status(200, "<html>welcome"), false, false},
		{"another PAP document", status(200, `<pap><push-response push-id="p1"><response-result code="1001"/></push-response></pap>`), false, false},
		{"HTTP error", status(500, ""), false, false},
		{"redirection", func(w http.ResponseWriter) { w.Header().Set("Location", "/"); w.WriteHeader(302) }, false, false},
		{"an answer without end", status(200, strings.Repeat(" ", maxAnswer+1)), false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, st, _ := newNotifier(t)
			n.Add(owed(newInitiator(t, tt.answer).URL))
			await(t, "an event", func() bool { return len(st.list()) == 1 })
			switch e := st.list()[0].(type) {
			case store.NotificationEnded:
				if !tt.ended || e.Acked != tt.acked || e.Notification != 7 || e.Tries != 1 {
					t.Errorf("got %+v", e)
				}
			case store.NotificationFailed:
				if tt.ended || e.LastError == "" || !e.Next.Equal(start.Add(5*time.Second)) {
					t.Errorf("got %+v", e)
				}
			}
		})
	}
}

func TestTriesUntilAcknowledged(t *testing.T) {
	n, st, cl := newNotifier(t)
	pi := newInitiator(t, status(503, ""), status(503, ""), status(200, response(1000)))
	n.Add(owed(pi.URL))
	for i, pause := range []time.Duration{5 * time.Second, 10 * time.Second} {
		await(t, "a failed try", func() bool { return len(st.list()) == i+1 })
		cl.Advance(pause - time.Millisecond)
		if pi.count() != i+1 {
			t.Fatalf("tried again before %v were over", pause)
		}
		await(t, "the pause to begin", func() bool { return n.Owed() == 1 })
		cl.Advance(time.Millisecond)
	}
	await(t, "the acknowledgement", func() bool { return len(st.list()) == 3 })
	if e, ok := st.list()[2].(store.NotificationEnded); !ok || !e.Acked || e.Tries != 3 {
		t.Errorf("got %+v, want acknowledged in the third try", st.list()[2])
	}
	for _, body := range pi.got[1:] {
		if body != pi.got[0] {
			t.Errorf("a repetition says something else:\n%s\n%s", body, pi.got[0])
		}
	}
	await(t, "nothing owed", func() bool { return n.Owed() == 0 })
}

func TestGivesUpWhenTheTimeIsOver(t *testing.T) {
	n, st, cl := newNotifier(t)
	p, d, nt := owed(newInitiator(t, status(503, "")).URL)
	nt.Until = start.Add(12 * time.Second)
	n.Add(p, d, nt)
	await(t, "a failed try", func() bool { return len(st.list()) == 1 && n.Owed() == 1 })
	cl.Advance(5 * time.Second)
	await(t, "the end", func() bool { return len(st.list()) == 2 })
	if e, ok := st.list()[1].(store.NotificationEnded); !ok || e.Acked || e.LastError == "" {
		t.Errorf("got %+v, want given up", st.list()[1])
	}
}

func TestDocument(t *testing.T) {
	n, st, _ := newNotifier(t)
	pi := newInitiator(t, status(200, response(1000)))
	n.Add(owed(pi.URL))
	await(t, "the acknowledgement", func() bool { return len(st.list()) == 1 })
	doc, err := pap.Parse(strings.NewReader(pi.got[0]), "", pap.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	m := doc.Message.(*pap.ResultNotification)
	if m.PushID != "p1" || m.State != pap.StateDelivered || m.Code != pap.OK || m.Addresses[0].Text != "WAPPUSH=+358401234567/TYPE=PLMN@ppg.example.net" ||
		m.QoS.DeliveryMethod != push.Confirmed || m.QoS.Bearer != "SMS" || m.SenderName != "ppg.example.net" || !m.EventTime.Equal(start) {
		t.Errorf("the notification says %+v with %+v", m, m.QoS)
	}
}

// TestStopKeepsAnAcknowledgement: what was acknowledged is not said again after a restart.
func TestStopKeepsAnAcknowledgement(t *testing.T) {
	n, st, _ := newNotifier(t)
	n.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
		n.cancel() // Stop begins when the answer has come
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	})
	n.Add(owed("http://pi.example/"))
	n.Stop()
	if ev := st.list(); len(ev) != 1 || !ev[0].(store.NotificationEnded).Acked {
		t.Errorf("got %+v, want the acknowledgement", ev)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOneAlarm: an alarm that comes late, when another has been set, leaves no second one behind.
func TestOneAlarm(t *testing.T) {
	n, _, cl := newNotifier(t)
	p, d, nt := owed("http://pi.example/")
	nt.Next = start.Add(time.Minute)
	n.Add(p, d, nt)
	for range 5 {
		n.wake()
	}
	if w := cl.Waiting(); w != 1 {
		t.Errorf("%d alarms are set, want 1", w)
	}
}

// TestClockThatWentBack: a restart after a step of the wall clock does not put a notification off beyond its longest pause.
func TestClockThatWentBack(t *testing.T) {
	n, st, cl := newNotifier(t)
	p, d, nt := owed(newInitiator(t, status(204, "")).URL)
	nt.Next, nt.Until = start.Add(24*time.Hour), start.Add(48*time.Hour)
	n.Add(p, d, nt)
	cl.Advance(n.opts.MaxPause)
	await(t, "the acknowledgement", func() bool { return len(st.list()) == 1 })
}

func TestOwedTo(t *testing.T) {
	n, _, cl := newNotifier(t)
	pi := newInitiator(t, status(503, ""), status(204, ""))
	p, d, nt := owed(pi.URL)
	p.Initiator = "mmsc"
	n.Add(p, d, nt)
	await(t, "the pause", func() bool { n.mu.Lock(); defer n.mu.Unlock(); return len(n.waiting) == 1 })
	if n.OwedTo("mmsc") != 1 || n.OwedTo("other") != 0 {
		t.Errorf("owed %d to mmsc and %d to other, want 1 and 0", n.OwedTo("mmsc"), n.OwedTo("other"))
	}
	cl.Advance(5 * time.Second)
	await(t, "nothing owed", func() bool { return n.OwedTo("mmsc") == 0 })
}

func TestSlowInitiatorLeavesRoomForOthers(t *testing.T) {
	n, st, _ := newNotifier(t)
	hold := make(chan struct{})
	slow := newInitiator(t, func(http.ResponseWriter) { <-hold })
	for range 100 {
		n.Add(owed(slow.URL))
	}
	fast := newInitiator(t, status(204, ""))
	n.Add(owed(fast.URL))
	await(t, "the fast initiator's acknowledgement", func() bool { return len(st.list()) == 1 })
	if c := slow.count(); c > n.opts.ParallelPerHost {
		t.Errorf("%d requests at one host at one time, want %d at most", c, n.opts.ParallelPerHost)
	}
	close(hold)
	await(t, "all acknowledgements", func() bool { return len(st.list()) == 101 })
	await(t, "nothing owed", func() bool { return n.Owed() == 0 })
}

func TestShownURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://pi.example/notify?push=1":     "http://pi.example/notify?push=1",
		"http://ppg:secret@pi.example/notify": "http://ppg:xxxxx@pi.example/notify",
		"http://ppg@pi.example/notify":        "http://ppg@pi.example/notify",
		"http://pi.example/\x7f":              "(not a URL)",
	} {
		if got := ShownURL(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
