package metrics

import (
	"errors"
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// Store watches what is told to a store.
func (m *Metrics) Store(s store.Store) store.Store { return watchedStore{s, m} }

type watchedStore struct {
	store.Store
	m *Metrics
}

// Commit implements store.Store. Events are counted when they are on disk.
func (w watchedStore) Commit(events []store.Event, done func(error)) {
	began := time.Now()
	w.Store.Commit(events, func(err error) {
		w.m.commitTime.Observe(time.Since(began).Seconds())
		w.m.commits.WithLabelValues(resultOf(err)).Inc()
		if err == nil {
			for _, e := range events {
				w.m.count(e)
			}
		}
		done(err)
	})
}

func resultOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, store.ErrDuplicatePushID), errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrFinal),
		errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrClosed):
		return "refused"
	}
	return "failed"
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
	m.attempts.WithLabelValues(a.Bearer, a.Outcome.Kind.String()).Inc()
	m.lifetime.Observe(a.Ended.Sub(a.Started).Seconds())
	for i := range a.Steps {
		if st := &a.Steps[i]; st.Plugin != "" {
			m.stages.WithLabelValues(st.Name, st.Plugin).Observe(st.Took.Seconds())
		}
	}
}
