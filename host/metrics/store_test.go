package metrics

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// telling is a store that tells of its transactions.
type telling struct {
	store.Store
	told func(store.Transaction)
}

func (t *telling) Tell(f func(store.Transaction)) { t.told = f }

func TestTransactions(t *testing.T) {
	m := newMetrics()
	s := &telling{}
	m.Store(s)
	s.told(store.Transaction{Calls: 32, Octets: 100_000, Took: 3 * time.Millisecond})
	s.told(store.Transaction{Calls: 1, Octets: 4120, Took: 400 * time.Microsecond})
	s.told(store.Transaction{Octets: 30_000_000, Took: time.Second})
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name  string
		sum   float64
		bound float64
		below uint64 // how many of the three are not above the bound
	}{
		{"ppgbox_store_transaction_commits", 33, 0, 1},
		{"ppgbox_store_transaction_commits", 33, 1, 2},
		{"ppgbox_store_transaction_bytes", 30_104_120, 4096, 0},
		{"ppgbox_store_transaction_bytes", 30_104_120, 16 << 20, 2},
		{"ppgbox_store_transaction_seconds", 1.0034, .0005, 1},
		{"ppgbox_store_transaction_seconds", 1.0034, .005, 2},
	} {
		found := false
		for _, f := range families {
			if f.GetName() != want.name {
				continue
			}
			h := f.GetMetric()[0].GetHistogram()
			if h.GetSampleCount() != 3 || h.GetSampleSum() != want.sum {
				t.Errorf("%s: %d transactions of %v in all, want 3 of %v", want.name, h.GetSampleCount(), h.GetSampleSum(), want.sum)
			}
			for _, b := range h.GetBucket() {
				if b.GetUpperBound() != want.bound {
					continue
				}
				if found = true; b.GetCumulativeCount() != want.below {
					t.Errorf("%s: %d up to %v, want %d", want.name, b.GetCumulativeCount(), want.bound, want.below)
				}
			}
		}
		if !found {
			t.Errorf("%s has no bucket up to %v", want.name, want.bound)
		}
	}
}

func TestRouteAnswers(t *testing.T) {
	m := newMetrics()
	step := func(text string) store.Step {
		return store.Step{Name: "route", Plugin: "hlr", Node: "ggsn1", Text: text}
	}
	a := store.Attempt{Bearer: "pdp", Steps: []store.Step{
		{Name: "send", Plugin: "pdp", Text: "not here"},
		step("online at 10.45.0.7"), step("offline"), step("offline there; online at apn mms"),
		step("not here: no row is about the SGSN"), step("not attached"), step("plugin hlr: no answer within 100ms"),
		{Name: "route", Node: "ggsn1", Text: "not sent to 10.45.0.7: the address has another owner now, or was released"},
	}}
	a.Steps = append(a.Steps, store.Step{Name: "route", Plugin: "apn", Text: "not here"})
	done := func(error) {}
	s := m.Store(&answers{})
	s.Commit([]store.Event{store.AttemptEnded{Attempt: a}, store.DeliveryFinished{Attempts: []store.Attempt{a}}}, done)
	expect(t, m, []string{"ppgbox_route_answers_total"}, `
		ppgbox_route_answers_total{answer="error",plugin="hlr"} 2
		ppgbox_route_answers_total{answer="not_attached",plugin="hlr"} 2
		ppgbox_route_answers_total{answer="not_here",plugin="apn"} 2
		ppgbox_route_answers_total{answer="not_here",plugin="hlr"} 2
		ppgbox_route_answers_total{answer="route",plugin="hlr"} 6
	`)
}
