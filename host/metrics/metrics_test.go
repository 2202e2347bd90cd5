package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/pluginhost"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// answers is a store and a gateway that answer what they are told.
type answers struct {
	store.Store
	pap.Gateway
	err  error
	code pap.Code
}

func (a *answers) Commit(_ []store.Event, done func(error)) { done(a.err) }

func (a *answers) Claim(context.Context, time.Duration) (store.Lease, error) {
	return store.Lease{}, a.err
}

func (a *answers) Submit(context.Context, *pap.Initiator, *pap.Submission) (*pap.PushResponse, error) {
	return &pap.PushResponse{Result: pap.Result{Code: a.code}}, a.err
}

func newMetrics() *Metrics {
	return New(Standing{
		Counts: func() (int, int) { return 7, 3 },
		States: func(context.Context) map[string]int { return map[string]int{"waiting": 5, "sent": 2} },
		Bearers: func(context.Context) ([]dispatch.Bearer, error) {
			return []dispatch.Bearer{{Instance: "sms", Queued: 4}}, nil
		},
		Plugins: func() []pluginhost.Status {
			return []pluginhost.Status{
				{Name: "sms", Use: "bearer/sms", State: pluginhost.StateRunning, Restarts: 2, Window: 100, InFlight: 40},
				{Name: "pdp", Use: "bearer/pdp", State: pluginhost.StateFailed},
			}
		},
	})
}

// expect compares some of the metrics, without their HELP.
func expect(t *testing.T, m *Metrics, names []string, want string) {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var help strings.Builder
	for _, f := range families {
		for _, n := range names {
			if f.GetName() == n {
				help.WriteString("# HELP " + n + " " + f.GetHelp() + "\n# TYPE " + n + " " + strings.ToLower(f.GetType().String()) + "\n")
			}
		}
	}
	for _, n := range names {
		if err := testutil.GatherAndCompare(m.registry, strings.NewReader(sections(help.String(), want, n)), n); err != nil {
			t.Error(err)
		}
	}
}

// sections gives the HELP and TYPE of one metric and the wanted lines of it.
func sections(help, want, name string) string {
	var out strings.Builder
	for _, l := range strings.Split(help, "\n") {
		if f := strings.Fields(l); len(f) > 2 && f[2] == name {
			out.WriteString(l + "\n")
		}
	}
	for _, l := range strings.Split(want, "\n") {
		if l = strings.TrimSpace(l); l == name || strings.HasPrefix(l, name+" ") || strings.HasPrefix(l, name+"{") {
			out.WriteString(l + "\n")
		}
	}
	return out.String()
}

func TestStoreEvents(t *testing.T) {
	m := newMetrics()
	a := &answers{}
	s := m.Store(a)
	commit := func(err error, events ...store.Event) {
		a.err = err
		s.Commit(events, func(got error) {
			if !errors.Is(got, err) {
				t.Errorf("done got %v, want %v", got, err)
			}
		})
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	attempt := func(k push.OutcomeKind) store.Attempt {
		return store.Attempt{
			Bearer: "sms", Started: start, Ended: start.Add(time.Second), Outcome: push.Outcome{Kind: k, Cause: "refused: ESME_RSYSERR"},
			Steps: []store.Step{{Name: "policy"}, {Name: "encode", Plugin: "wbxml", Took: time.Millisecond}, {Name: "outcome", Plugin: "sms", Took: time.Second}},
		}
	}
	commit(nil, store.PushAccepted{Push: &store.Push{}, Deliveries: make([]*store.Delivery, 3)})
	commit(store.ErrDuplicatePushID, store.PushAccepted{Push: &store.Push{}, Deliveries: make([]*store.Delivery, 3)})
	commit(nil, store.AttemptEnded{Attempt: attempt(push.OutcomeFailedForNow)})
	commit(nil, store.DeliveryFinished{
		Result: store.Result{State: store.Delivered, Code: 1000}, Attempts: []store.Attempt{attempt(push.OutcomeDelivered)},
	})
	commit(errors.New("disk full"), store.NotificationFailed{})
	commit(nil, store.NotificationFailed{})
	commit(nil, store.NotificationEnded{Acked: true}, store.NotificationEnded{})
	expect(t, m, []string{
		"ppgbox_deliveries_accepted_total", "ppgbox_deliveries_finished_total", "ppgbox_attempts_total", "ppgbox_notifications_total",
		"ppgbox_store_commits_total", "ppgbox_attempt_failures_total",
	}, `
		ppgbox_attempt_failures_total{bearer="sms",cause="ESME_RSYSERR",outcome="failed for now"} 1
		ppgbox_deliveries_accepted_total 3
		ppgbox_deliveries_finished_total{code="1000",state="delivered"} 1
		ppgbox_attempts_total{bearer="sms",outcome="delivered"} 1
		ppgbox_attempts_total{bearer="sms",outcome="failed for now"} 1
		ppgbox_notifications_total{result="acknowledged"} 1
		ppgbox_notifications_total{result="failed"} 1
		ppgbox_notifications_total{result="given_up"} 1
		ppgbox_store_commits_total{result="failed"} 1
		ppgbox_store_commits_total{result="ok"} 5
		ppgbox_store_commits_total{result="refused"} 1
	`)
	if n := testutil.CollectAndCount(m.stages); n != 2 {
		t.Errorf("%d stages are timed, want encode and outcome", n)
	}
}

func TestSubmissions(t *testing.T) {
	m := newMetrics()
	for _, a := range []*answers{{code: 1001}, {code: 1001}, {code: 2007}, {err: &pap.Unavailable{}}} {
		_, err := m.Gateway(a).Submit(t.Context(), nil, nil)
		if !errors.Is(err, a.err) {
			t.Errorf("got %v, want %v", err, a.err)
		}
	}
	expect(t, m, []string{"ppgbox_submissions_total"}, `
		ppgbox_submissions_total{code="1001"} 2
		ppgbox_submissions_total{code="2007"} 1
		ppgbox_submissions_total{code="unavailable"} 1
	`)
}

func TestStoreError(t *testing.T) {
	m := newMetrics()
	a := &answers{}
	s := m.Store(a)
	full := errors.New("disk full")
	commit := func(err error) func() {
		return func() { a.err = err; s.Commit(nil, func(error) {}) }
	}
	claim := func(err error) func() {
		return func() { a.err = err; _, _ = s.Claim(t.Context(), time.Second) }
	}
	for _, tt := range []struct {
		name string
		do   func()
		want error
	}{
		{"nothing was written", func() {}, nil},
		{"a commit failed", commit(full), full},
		{"what the store refuses says nothing", commit(store.ErrDuplicatePushID), full},
		{"a commit is on disk", commit(nil), nil},
		{"a refusal is no failure", commit(store.ErrFinal), nil},
		{"the lease was not renewed", claim(full), full},
		{"the lease is renewed", claim(nil), nil},
	} {
		tt.do()
		if got := m.StoreError(); !errors.Is(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRequests(t *testing.T) {
	m := newMetrics()
	h := m.Requests(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := testutil.ToFloat64(m.requestsNow); got != 1 {
			t.Errorf("%v requests are in flight", got)
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("the connection's deadline can not be set: %v", err)
		}
		switch r.URL.Path {
		case "/none":
		case "/panic":
			panic(http.ErrAbortHandler)
		default:
			status, _ := strconv.Atoi(r.URL.Path[1:])
			w.WriteHeader(status)
		}
	}))
	server := httptest.NewServer(h)
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).DisableKeepAlives = true // a connection that was in use before would be tried again
	for _, path := range []string{"/202", "/202", "/401", "/413", "/503", "/none", "/panic"} {
		resp, err := client.Get(server.URL + path)
		if err != nil {
			if path != "/panic" {
				t.Fatal(err)
			}
			continue
		}
		resp.Body.Close()
	}
	expect(t, m, []string{"ppgbox_pap_requests_total", "ppgbox_pap_requests_in_flight"}, `
		ppgbox_pap_requests_total{status="200"} 1
		ppgbox_pap_requests_total{status="202"} 2
		ppgbox_pap_requests_total{status="401"} 1
		ppgbox_pap_requests_total{status="413"} 1
		ppgbox_pap_requests_total{status="503"} 1
		ppgbox_pap_requests_total{status="none"} 1
		ppgbox_pap_requests_in_flight 0
	`)
}

// The rest of a body that is too long is not read, as without the watch.
func TestTooLargeEndsTheConnection(t *testing.T) {
	server := httptest.NewServer(newMetrics().Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !resp.Close {
		t.Error("the connection stays open")
	}
}

func TestStanding(t *testing.T) {
	expect(t, newMetrics(), []string{
		"ppgbox_deliveries_pending", "ppgbox_notifications_owed", "ppgbox_plugin_up", "ppgbox_plugin_restarts_total",
		"ppgbox_plugin_window", "ppgbox_plugin_in_flight", "ppgbox_deliveries_by_state", "ppgbox_bearer_queue_deliveries",
	}, `
		ppgbox_deliveries_by_state{state="sent"} 2
		ppgbox_deliveries_by_state{state="waiting"} 5
		ppgbox_bearer_queue_deliveries{bearer="sms"} 4
		ppgbox_deliveries_pending 7
		ppgbox_notifications_owed 3
		ppgbox_plugin_up{plugin="pdp",use="bearer/pdp"} 0
		ppgbox_plugin_up{plugin="sms",use="bearer/sms"} 1
		ppgbox_plugin_restarts_total{plugin="pdp"} 0
		ppgbox_plugin_restarts_total{plugin="sms"} 2
		ppgbox_plugin_window{plugin="pdp"} 0
		ppgbox_plugin_window{plugin="sms"} 100
		ppgbox_plugin_in_flight{plugin="pdp"} 0
		ppgbox_plugin_in_flight{plugin="sms"} 40
	`)
}

func TestNames(t *testing.T) {
	problems, err := testutil.GatherAndLint(newMetrics().registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
