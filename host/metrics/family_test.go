package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ppgbox/ppgbox/host/pap"
)

// A family gives out the series that the metric itself has, whoever asks first.
func TestFamilySeries(t *testing.T) {
	f := newCounters(prometheus.CounterOpts{Name: "pushes_total", Help: "Pushes."}, "bearer", "outcome")
	const askers, pushes = 8, 100
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for n := range pushes {
				f.WithLabelValues([]string{"sms", "pdp"}[n%2], "accepted").Inc()
			}
		})
	}
	all.Wait()
	f.WithLabelValues("", "refused").Inc()
	if err := testutil.CollectAndCompare(f, strings.NewReader(`
		# HELP pushes_total Pushes.
		# TYPE pushes_total counter
		pushes_total{bearer="",outcome="refused"} 1
		pushes_total{bearer="pdp",outcome="accepted"} 400
		pushes_total{bearer="sms",outcome="accepted"} 400
	`)); err != nil {
		t.Error(err)
	}
}

func TestFamilyCostsNoMemory(t *testing.T) {
	m := newMetrics()
	cause := "no routing strategy knows the subscriber"
	if n := testing.AllocsPerRun(100, func() {
		m.attempts.WithLabelValues("sms", "accepted").Inc()
		m.failures.WithLabelValues("pdp", "refused", m.causes.label(cause)).Inc()
		m.stages.WithLabelValues("encode", "wbxml").Observe(1)
		m.submissions.WithLabelValues(number(int(pap.AcceptedForProcessing))).Inc()
		m.requests.WithLabelValues(number(http.StatusAccepted)).Inc()
	}); n != 0 {
		t.Errorf("a push costs %v pieces of memory", n)
	}
}

func TestNumber(t *testing.T) {
	for _, n := range []int{0, 200, http.StatusAccepted, int(pap.OK), int(pap.AcceptedForProcessing), int(pap.DuplicatePushID)} {
		if got := number(n); got != strconv.Itoa(n) {
			t.Errorf("%d becomes %q", n, got)
		}
	}
}

func BenchmarkFamily(b *testing.B) {
	m := newMetrics()
	for b.Loop() {
		m.attempts.WithLabelValues("sms", "accepted").Inc()
	}
}
