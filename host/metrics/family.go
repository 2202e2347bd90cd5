package metrics

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/pap"
)

// A family keeps the series of a metric by its labels, of at most three. The first of its kind makes a series; after that it is found
// without a lock, a hash of every label's name and value, or memory, which a push would pay for at each of its stages. It has no
// more series than the metric itself: none before it is needed, and none is forgotten.
type family[T any] struct {
	prometheus.Collector
	resolve func(values ...string) T

	series atomic.Pointer[map[labels]T] // never changed, but replaced
	making sync.Mutex
}

// labels are the values of labels in the order of the metric's names; a metric with fewer than three leaves the rest empty.
type labels [3]string

func newFamily[T any](metric prometheus.Collector, resolve func(values ...string) T) *family[T] {
	f := &family[T]{Collector: metric, resolve: resolve}
	f.series.Store(&map[labels]T{})
	return f
}

func newCounters(o prometheus.CounterOpts, names ...string) *family[prometheus.Counter] {
	v := prometheus.NewCounterVec(o, names)
	return newFamily(v, v.WithLabelValues)
}

func newHistograms(o prometheus.HistogramOpts, names ...string) *family[prometheus.Observer] {
	v := prometheus.NewHistogramVec(o, names)
	return newFamily(v, v.WithLabelValues)
}

// WithLabelValues returns the series with these labels, as many as the metric has.
func (f *family[T]) WithLabelValues(values ...string) T {
	var key labels
	copy(key[:], values)
	if s, ok := (*f.series.Load())[key]; ok {
		return s
	}
	return f.add(key, len(values))
}

func (f *family[T]) add(key labels, names int) T {
	f.making.Lock()
	defer f.making.Unlock()
	known := *f.series.Load()
	if s, ok := known[key]; ok {
		return s
	}
	s := f.resolve(key[:names:names]...)
	known = maps.Clone(known)
	known[key] = s
	f.series.Store(&known)
	return s
}

// number is a status or a code as a label; those of a push that is accepted cost no memory.
func number(n int) string {
	switch n {
	case http.StatusAccepted:
		return "202"
	case int(pap.AcceptedForProcessing):
		return "1001"
	}
	return strconv.Itoa(n)
}
