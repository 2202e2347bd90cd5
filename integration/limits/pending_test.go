package limits

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/process"
)

func TestPending(t *testing.T) {
	const limit = 5
	b, center := start(t, setup{limits: "pending = 5"})
	center.silent.Store(true)
	c := b.Client()
	for n := range limit - 1 {
		accepted(t, b, c, indication(b, fmt.Sprint("within-", n), n))
	}
	unavailable(t, b, c, indication(b, "two-for-one-place", 10, 11))
	accepted(t, b, c, indication(b, "the-last", 4))
	unavailable(t, b, c, indication(b, "past", 12))
	unavailable(t, b, other(b), indication(b, "past-of-another", 13))
	if n := metric(t, b, "ppgbox_deliveries_pending"); n != limit {
		t.Errorf("%v are pending, want %d", n, limit)
	}
}

func TestPendingOfInitiator(t *testing.T) {
	const limit = 3
	b, center := start(t, setup{other: "pending = 3"})
	center.silent.Store(true)
	c := other(b)
	for n := range limit - 1 {
		accepted(t, b, c, indication(b, fmt.Sprint("within-", n), n))
	}
	unavailable(t, b, c, indication(b, "two-for-one-place", 10, 11))
	accepted(t, b, c, indication(b, "the-last", 4))
	unavailable(t, b, c, indication(b, "past", 12))
	accepted(t, b, b.Client(), indication(b, "of-another", 13))
}

func TestRateOfInitiator(t *testing.T) {
	b, _ := start(t, setup{other: `rate = "30/m"`})
	c := other(b)
	accepted(t, b, c, indication(b, "within", 1))
	began := time.Now()
	wait := unavailable(t, b, c, indication(b, "past", 2))
	if wait > 2*time.Second {
		t.Errorf("told to wait for %v, the rate is one in 2 s", wait)
	}
	accepted(t, b, b.Client(), indication(b, "of-another", 3))
	<-time.After(time.Until(began.Add(wait))) // what the gateway asked for
	accepted(t, b, c, indication(b, "past", 2))
}

// An SMSC that never answers gets no more than the link has places, the bearer no more than it asked for, and the others wait in
// the gateway.
func TestInFlight(t *testing.T) {
	const places, taken, pushes = 5, 8, 20
	b, center := start(t, setup{places: places, taken: taken})
	center.silent.Store(true)
	for n := range pushes {
		accepted(t, b, b.Client(), indication(b, fmt.Sprint("push-", n), n))
	}
	process.Eventually(t, patience, "the others wait for a place", func() bool {
		return metric(t, b, `ppgbox_bearer_queue_deliveries{bearer="sms"}`) == pushes-taken && center.submits.Load() >= places
	})
	for range 10 { // rounds through the dispatcher, in which another submit would be seen
		if n := metric(t, b, `ppgbox_plugin_in_flight{plugin="sms"}`); n != taken {
			t.Fatalf("the bearer has %v, and asked for %d", n, taken)
		}
		if n := center.submits.Load(); n != places {
			t.Fatalf("%d were on the wire at once, the window is %d", n, places)
		}
	}
}

// A Push Initiator that does not acknowledge its notifications is refused more of them, and nothing else.
func TestNotificationBacklog(t *testing.T) {
	const limit = 4
	b, _ := start(t, setup{limits: "pending = 4"})
	deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer deaf.Close()
	asking := func(id string, n int) initiator.Push {
		p := indication(b, id, n)
		p.NotifyTo = deaf.URL + "/notify"
		return p
	}
	c := b.Client()
	for n := range limit {
		id := fmt.Sprint("within-", n)
		accepted(t, b, c, asking(id, n))
		eventuallyState(t, c, id, "delivered")
		process.Eventually(t, patience, "the notification is owed", func() bool { return metric(t, b, "ppgbox_notifications_owed") == float64(n+1) })
	}
	unavailable(t, b, c, asking("past", 10))
	accepted(t, b, c, indication(b, "without-notification", 11))
	accepted(t, b, other(b), asking("of-another", 12))
}
