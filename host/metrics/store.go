package metrics

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Store watches what is told to a store, and what it tells of its transactions (store.Teller). It is called once.
func (m *Metrics) Store(s store.Store) store.Store {
	if t, ok := s.(store.Teller); ok {
		t.Tell(m.transactions())
	}
	return watchedStore{s, m}
}

// transactions registers what is known of transactions, only of a store that tells of them, and returns what counts them.
func (m *Metrics) transactions() func(store.Transaction) {
	calls := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "ppgbox_store_transaction_commits", Help: "Commits that the store wrote in one transaction; 0 for what it writes of its own.",
		Buckets: []float64{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
	})
	octets := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "ppgbox_store_transaction_bytes", Help: "Octets that one transaction of the store wrote to disk before it was answered.",
		Buckets: []float64{4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20},
	})
	took := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "ppgbox_store_transaction_seconds", Help: "Time from the beginning of a transaction of the store until it was on disk.", Buckets: buckets,
	})
	m.registry.MustRegister(calls, octets, took)
	return func(t store.Transaction) {
		calls.Observe(float64(t.Calls))
		octets.Observe(float64(t.Octets))
		took.Observe(t.Took.Seconds())
	}
}

type watchedStore struct {
	store.Store
	m *Metrics
}

// Commit implements store.Store. Events are counted when they are on disk.
func (w watchedStore) Commit(events []store.Event, done func(error)) {
	began := time.Now()
	w.m.commitSize.Observe(float64(len(events)))
	w.Store.Commit(events, func(err error) {
		w.m.commitTime.Observe(time.Since(began).Seconds())
		result := resultOf(err)
		w.m.commits.WithLabelValues(result).Inc()
		if result != resultRefused {
			w.m.broken.set(err)
		}
		if err == nil {
			for _, e := range events {
				w.m.count(e)
			}
		}
		done(err)
	})
}

// Claim implements store.Store. A lease is renewed every few seconds and written like everything else, so it also tells that a
// store works again for which nobody has any more events.
func (w watchedStore) Claim(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	l, err := w.Store.Claim(ctx, ttl)
	if ctx.Err() == nil {
		w.m.broken.set(err)
	}
	return l, err
}

// StoreError is the error of the last thing that the store was to write; nil if it is on disk. What the store refuses by its own
// rules is no error here.
func (m *Metrics) StoreError() error {
	if err := m.broken.last.Load(); err != nil {
		return *err
	}
	return nil
}

type storeError struct{ last atomic.Pointer[error] }

func (s *storeError) set(err error) {
	switch {
	case err != nil:
		s.last.Store(&err)
	case s.last.Load() != nil:
		s.last.Store(nil)
	}
}

// Results of a commit.
const (
	resultOK      = "ok"
	resultRefused = "refused"
	resultFailed  = "failed"
)

func resultOf(err error) string {
	switch {
	case err == nil:
		return resultOK
	case errors.Is(err, store.ErrDuplicatePushID), errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrFinal),
		errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrClosed):
		return resultRefused
	}
	return resultFailed
}

func (m *Metrics) count(e store.Event) {
	switch e := e.(type) {
	case store.PushAccepted:
		m.recipients.Add(float64(len(e.Deliveries)))
	case store.AttemptEnded:
		m.attempt(&e.Attempt)
	case store.DeliveryFinished:
		m.finished.WithLabelValues(string(e.Result.State), strconv.Itoa(e.Result.Code)).Inc()
		for i := range e.Attempts {
			m.attempt(&e.Attempts[i])
		}
	case store.NotificationFailed:
		m.notified.WithLabelValues("failed").Inc()
	case store.NotificationEnded:
		result := "given_up"
		if e.Acked {
			result = "acknowledged"
		}
		m.notified.WithLabelValues(result).Inc()
	}
}

func (m *Metrics) attempt(a *store.Attempt) {
	kind := a.Outcome.Kind.String()
	m.attempts.WithLabelValues(a.Bearer, kind).Inc()
	if a.Outcome.Kind != push.OutcomeDelivered && a.Outcome.Kind != push.OutcomeAccepted {
		m.failures.WithLabelValues(a.Bearer, kind, m.causes.label(a.Outcome.Cause)).Inc()
	}
	m.lifetime.Observe(a.Ended.Sub(a.Started).Seconds())
	for i := range a.Steps {
		st := &a.Steps[i]
		if st.Plugin != "" {
			m.stages.WithLabelValues(st.Name, st.Plugin).Observe(st.Took.Seconds())
		}
		if answer, ok := dispatch.RouteAnswer(st); ok {
			m.answers.WithLabelValues(st.Plugin, answer).Inc()
		}
	}
}
