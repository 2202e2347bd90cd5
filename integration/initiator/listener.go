package initiator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// A Notification is a result notification from the gateway (OMA-TS-PAP §9.6).
type Notification struct {
	PushID    string    `xml:"push-id,attr"`
	State     string    `xml:"message-state,attr"`
	Code      string    `xml:"code,attr"`
	Desc      string    `xml:"desc,attr"`
	EventTime string    `xml:"event-time,attr"`
	Addresses []Address `xml:"address"`
	QoS       struct {
		DeliveryMethod string `xml:"delivery-method,attr"`
		Bearer         string `xml:"bearer,attr"`
	} `xml:"quality-of-service"`

	Acknowledged bool `xml:"-"` // whether the listener answered with success
}

// A Listener takes result notifications over HTTP.
type Listener struct {
	// URL is for ppg-notify-requested-to.
	URL string

	mu    sync.Mutex
	got   []Notification
	wrong []string
	deny  int
}

// Listen starts a listener. The test fails if anything but result notifications comes.
func Listen(t testing.TB) *Listener {
	t.Helper()
	l := &Listener{}
	server := httptest.NewServer(http.HandlerFunc(l.serve))
	l.URL = server.URL + "/notify"
	t.Cleanup(func() {
		server.Close()
		for _, w := range l.wrong {
			t.Error("the gateway sent to the PI: " + w)
		}
	})
	return l
}

// Deny has the next n notifications answered with HTTP 503.
func (l *Listener) Deny(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deny = n
}

func (l *Listener) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return // the gateway was killed while it wrote
	}
	var d Document
	if err := decode(body, &d); err != nil || d.Notification == nil || r.Method != http.MethodPost {
		l.wrong = append(l.wrong, fmt.Sprintf("%s %v:\n%s", r.Method, err, body))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n := *d.Notification
	if l.deny > 0 {
		l.deny--
		l.got = append(l.got, n)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	n.Acknowledged = true
	l.got = append(l.got, n)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprint(w, Control(`<resultnotification-response push-id="`+n.PushID+`" code="1000" desc="OK"/>`))
}

// Of returns the notifications for a push, in the order they came.
func (l *Listener) Of(pushID string) []Notification {
	l.mu.Lock()
	defer l.mu.Unlock()
	var of []Notification
	for _, n := range l.got {
		if n.PushID == pushID {
			of = append(of, n)
		}
	}
	return of
}

// Await waits for an acknowledged notification of the push and returns it.
func (l *Listener) Await(t testing.TB, pushID string, timeout time.Duration) Notification {
	t.Helper()
	var found Notification
	process.Eventually(t, timeout, "an acknowledged result notification for "+pushID, func() bool {
		for _, n := range l.Of(pushID) {
			if n.Acknowledged {
				found = n
				return true
			}
		}
		return false
	})
	return found
}
