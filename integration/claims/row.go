//go:build linux

package main

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// seconds of the experiment; infinite is null in JSON.
type seconds float64

// MarshalJSON is part of json.Marshaler.
func (s seconds) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(s), 1) {
		return []byte("null"), nil
	}
	return json.Marshal(math.Round(float64(s)*1000) / 1000)
}

// A row is what was found in one cell of one arm, for one memory of the handsets.
type row struct {
	Arm      arm     `json:"arm"`
	Series   string  `json:"series"` // of losses: independent or bursty
	Memory   string  `json:"memory"` // of the handset: "5m" or "forever"; "any" where it makes no difference
	Segments int     `json:"segments"`
	Loss     float64 `json:"loss"` // share of all tries
	N        int     `json:"n"`    // pushes

	Success  float64 `json:"success"`    // reassembled within the window, or the validity
	InWindow float64 `json:"within_60s"` // reassembled within the window, whatever the arm
	// From the answer to the push-message on to the reassembled message; a push that failed counts as infinite.
	P50 seconds `json:"p50_s"`
	P95 seconds `json:"p95_s"`
	P99 seconds `json:"p99_s"`
	// And on to the result notification that says delivered.
	ToldP50 seconds `json:"notified_p50_s"`
	ToldP95 seconds `json:"notified_p95_s"`
	ToldP99 seconds `json:"notified_p99_s"`
	// SubmitsPerPush counts the segments handed to the radio network.
	SubmitsPerPush float64 `json:"submits_per_push"`
	// FalselyDelivered were reported as delivered, and the handset never had the whole; FalselyFailed the other way round. Uncertain were
	// reported as perhaps arrived (message-state timeout).
	FalselyDelivered int `json:"falsely_delivered"`
	FalselyFailed    int `json:"falsely_failed"`
	Uncertain        int `json:"uncertain"`

	Expected     float64 `json:"expected_success"`
	ExpectedBy   string  `json:"expected_by"` // closed form or simulation
	Least        int     `json:"least"`       // successes to be expected, in 99 of 100 cells
	Most         int     `json:"most"`
	Inside       bool    `json:"inside"`
	ExpectedP50  seconds `json:"expected_p50_s"`
	ExpectedP95  seconds `json:"expected_p95_s"`
	ExpectedP99  seconds `json:"expected_p99_s"`
	ExpectedLoad float64 `json:"expected_submits_per_push"`

	delays []float64 // sorted, for the plots
}

// memories are the handsets' memories of an arm: a transaction is over before any of them forgets.
func (a arm) memories() []string {
	if a.stores() {
		return []string{"5m", forEver}
	}
	return []string{"any"}
}

// newRow evaluates the records of a cell.
func newRow(a arm, c cell, memory string, records []*record, compression float64) *row {
	r := &row{Arm: a, Series: c.series(), Memory: memory, Segments: c.Segments, Loss: c.share(), N: len(records)}
	which := 0
	if memory == forEver {
		which = 1
	}
	var told []float64
	succeeded, inWindow, submits := 0, 0, 0
	for _, x := range records {
		since := func(t time.Time) float64 {
			if t.IsZero() {
				return math.Inf(1)
			}
			return t.Sub(x.accepted).Seconds() * compression
		}
		delay := since(x.shown[which])
		if delay > a.within().Seconds() {
			delay = math.Inf(1)
		}
		r.delays = append(r.delays, delay)
		delivered, uncertain := x.state == "delivered", x.state == "timeout"
		if !math.IsInf(delay, 1) {
			succeeded++
		}
		if delay <= window.Seconds() {
			inWindow++
		}
		switch {
		case delivered && x.shown[which].IsZero():
			r.FalselyDelivered++
		case uncertain:
			r.Uncertain++
		case !delivered && !x.shown[which].IsZero():
			r.FalselyFailed++
		}
		if delivered && !x.shown[which].IsZero() {
			told = append(told, since(x.told))
		} else {
			told = append(told, math.Inf(1))
		}
		submits += x.tries
	}
	slices.Sort(r.delays)
	slices.Sort(told)
	n := float64(max(len(records), 1))
	r.Success, r.InWindow, r.SubmitsPerPush = float64(succeeded)/n, float64(inWindow)/n, float64(submits)/n
	r.P50, r.P95, r.P99 = quantiles(r.delays)
	r.ToldP50, r.ToldP95, r.ToldP99 = quantiles(told)
	return r
}

func quantiles(sorted []float64) (p50, p95, p99 seconds) {
	return seconds(quantile(sorted, 0.5)), seconds(quantile(sorted, 0.95)), seconds(quantile(sorted, 0.99))
}

// expect puts what is to be expected beside what was found. plays is how often the simulation plays a cell.
func (r *row) expect(c cell, plays int) {
	memory := shortMemory.Seconds()
	if r.Memory == forEver {
		memory = math.Inf(1)
	}
	var e expectation
	switch {
	case !r.Arm.stores() && !c.Bursty:
		e = transaction(c.Segments, c.share(), enginePauses())
	default:
		e = simulated(r.Arm, c, memory, plays, 1)
		if r.Arm.stores() && !c.Bursty && (r.Memory == forEver || c.Segments == 1) {
			e.Success, e.Submits = unrelated(c.Segments, tries(r.Arm.retries()), c.share())
			e.By = "closed form"
		}
	}
	r.Expected, r.ExpectedBy, r.ExpectedLoad = e.Success, e.By, e.Submits
	r.ExpectedP50, r.ExpectedP95, r.ExpectedP99 = seconds(e.P50), seconds(e.P95), seconds(e.P99)
	r.Least, r.Most = interval(r.N, min(e.Success, 1))
	succeeded := int(math.Round(r.Success * float64(r.N)))
	r.Inside = succeeded >= r.Least && succeeded <= r.Most
}
