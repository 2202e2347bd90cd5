//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// An overload is what ppgbox does with twice the pushes that it can take, in front of an SMSC that takes a quarter of them.
type overload struct {
	Machine machine `json:"machine"`
	Seconds float64 `json:"seconds"` // of the load
	Limit   int     `json:"limits_pending"`
	// Capacity is what the gateway brought to a fast SMSC in a closed loop, pushes a second. Offered is twice that.
	Capacity    float64 `json:"capacity_per_s"`
	Offered     float64 `json:"offered_per_s"`
	SMSC        float64 `json:"smsc_per_s"` // what the SMSC takes
	Posted      int     `json:"posted"`     // what the gateway left connections for
	Accepted    int     `json:"accepted"`
	Refused     int     `json:"refused"`
	Broken      int     `json:"broken"`
	MostPending int     `json:"most_pending"`
	// FirstRefusal is the start of the answer.
	FirstRefusal string `json:"first_refusal"`
	// Filled is when the limit was reached, in seconds after the first POST; 0 for never.
	Filled float64 `json:"filled_s"`
	// What became of the accepted ones when the load had stopped and the SMSC was fast again, and how long that took.
	Lost       int     `json:"lost"` // not whole at the sink
	Garbled    int     `json:"garbled"`
	Duplicates int     `json:"duplicates"`
	Delivered  int     `json:"delivered"` // by the gateway's own count
	Drained    float64 `json:"drained_s"`
	// Slope is how fast the resident memory of all processes grew in the last Window seconds of the load, the line through all
	// samples by least squares, in MB a minute.
	Slope  float64 `json:"slope_mb_per_minute"`
	Window float64 `json:"slope_window_s"`
	// LogBytes is what the host logged.
	LogBytes int64           `json:"log_bytes"`
	Samples  []overloadPoint `json:"samples"`
}

// An overloadPoint is what was seen at one second.
type overloadPoint struct {
	At       float64            `json:"at_s"`
	RSS      map[string]float64 `json:"rss_mib"` // by process
	Pending  int                `json:"pending"`
	Posted   float64            `json:"posted_per_s"` // since the point before, as the next two
	Accepted float64            `json:"accepted_per_s"`
	Refused  float64            `json:"refused_per_s"`
}

func (p overloadPoint) rss() float64 {
	sum := 0.0
	for _, v := range p.RSS {
		sum += v
	}
	return sum
}

// An overloadPlan says how the run is made.
type overloadPlan struct {
	duration    time.Duration // of the load
	pending     int           // limits.pending
	closedLoop  int           // pushes that the capacity is measured with
	connections int
}

func fullOverload(d time.Duration) overloadPlan {
	return overloadPlan{duration: d, pending: 20_000, closedLoop: 20_000, connections: 128}
}

const (
	// overloadShare of the capacity is what the SMSC takes.
	overloadShare = 4
	// overloadKeep is how many finished pushes are kept: few, so that the oldest go all the time.
	overloadKeep = 50_000
	// drainPatience is how long the accepted ones may take when the load has stopped.
	drainPatience = 2 * time.Minute
	// slopeWindow is the end of the load that Slope is taken over; of a short run it is the second half.
	slopeWindow = 5 * time.Minute
)

func (b *bench) overload(plan overloadPlan) (_ *overload, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("overload: %w", err)
		}
	}()
	o := &overload{Machine: thisMachine(), Seconds: plan.duration.Seconds(), Limit: plan.pending}
	r := row{Gateway: "ppgbox", Segments: 1, Connections: plan.connections, Pushes: plan.closedLoop}
	s, err := b.open(r, func(p *ppgboxSettings) { p.Pending, p.KeepPushes = plan.pending, overloadKeep })
	if err != nil {
		return nil, err
	}
	defer s.close()
	m, err := s.measure(r)
	if err != nil {
		return nil, err
	}
	o.Capacity = m.PushesPerSecond
	o.Offered, o.SMSC = 2*o.Capacity, o.Capacity/overloadShare
	fmt.Fprintf(os.Stderr, "overload: %.0f pushes/s in a closed loop; %.0f/s offered now, the SMSC takes %.0f/s\n", o.Capacity, o.Offered, o.SMSC)

	w, err := watch(s)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	book, err := s.flood(o, plan, w)
	if err != nil {
		return nil, err
	}
	o.Samples = w.points
	o.Posted, o.Accepted, o.Refused, o.Broken, o.FirstRefusal = book.posted, book.accepted, book.refused, book.broken, book.firstRefusal
	o.summarize()
	return o, s.drain(o, book, m.Accepted+warmUp)
}

// flood offers the load for its time.
func (s *site) flood(o *overload, plan overloadPlan, w *watching) (*book, error) {
	s.sink.delay = time.Duration(float64(smppWindow*smppLinks) / o.SMSC * float64(time.Second))
	count := int(o.Offered*plan.duration.Seconds()) + 1
	book := newBook(newDocument(1, ""), 1, s.next, count)
	s.next += count
	s.sink.book = book
	for _, tick := range []func(){s.generator.postDue, s.sink.answerDelayed} {
		t, err := s.loop.every(time.Millisecond, tick)
		if err != nil {
			return nil, err
		}
		defer t.stop()
	}
	s.generator.start(book, o.Offered)
	w.begin(book)
	if err := s.serveFor(plan.duration); err != nil {
		return nil, err
	}
	w.end()
	s.generator.end = s.generator.next // no more
	err := s.loop.runUntil(drainPatience, "the last pushes are answered", func() bool { return book.accepted+book.refused+book.broken == book.posted })
	s.sink.delay = 0
	for len(s.sink.delayed) > 0 && err == nil {
		err = s.loop.turn(longestWait)
	}
	return book, err
}

func (s *site) serveFor(d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := s.loop.turn(longestWait); err != nil {
			return err
		}
		if err := errors.Join(s.generator.failure, s.sink.failure); err != nil {
			return err
		}
	}
	return nil
}

// drain waits until the gateway says that nothing is pending any more. before is how many pushes it had before the load.
func (s *site) drain(o *overload, book *book, before int) error {
	began := time.Now()
	const delivered = `ppgbox_deliveries_finished_total{code="1000",state="delivered"}`
	text := ""
	err := s.loop.runUntil(drainPatience, "nothing is pending", func() bool {
		text = s.metrics()
		n, ok := metric(text, pendingMetric)
		return ok && n == 0
	})
	if err != nil {
		return err
	}
	o.Drained = time.Since(began).Seconds()
	if err := s.loop.runFor(settle); err != nil {
		return err
	}
	n, _ := metric(text, delivered)
	o.Delivered = int(n) - before
	o.Lost, o.Garbled, o.Duplicates = book.accepted-book.complete, book.garbled, book.duplicates
	if p, ok := s.gateway.(*ppgbox); ok {
		if st, err := os.Stat(p.host.log); err == nil {
			o.LogBytes = st.Size()
		}
	}
	return nil
}

// summarize finds in the samples when the queue was full, and how memory went.
func (o *overload) summarize() {
	for _, p := range o.Samples {
		o.MostPending = max(o.MostPending, p.Pending)
		if o.Filled == 0 && p.Refused > 0 {
			o.Filled = p.At
		}
	}
	o.Window = min(slopeWindow.Seconds(), o.Seconds/2)
	var last []overloadPoint
	for _, p := range o.Samples {
		if p.At > o.Seconds-o.Window {
			last = append(last, p)
		}
	}
	const mb = 1024.0 * 1024 / 1e6
	o.Slope = slope(last) * 60 * mb
}

// slope is that of the line through the points' memory by least squares, in MiB a second.
func slope(points []overloadPoint) float64 {
	n := float64(len(points))
	var t, y, ty, tt float64
	for _, p := range points {
		t += p.At
		y += p.rss()
		ty += p.At * p.rss()
		tt += p.At * p.At
	}
	if d := n*tt - t*t; d > 0 {
		return (n*ty - t*y) / d
	}
	return 0
}

// kept reports what the run was to show and did not.
func (o *overload) kept() error {
	var errs []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	say(o.Lost+o.Garbled+o.Duplicates+o.Broken != 0, "%d lost, %d garbled, %d segments twice, %d requests without an answer", o.Lost, o.Garbled, o.Duplicates, o.Broken)
	say(o.Delivered != o.Accepted, "the gateway counts %d deliveries of %d accepted pushes", o.Delivered, o.Accepted)
	say(o.Refused == 0, "no push was refused")
	say(o.MostPending > o.Limit, "%d were pending, the limit is %d", o.MostPending, o.Limit)
	say(o.Refused > 0 && (!strings.HasPrefix(o.FirstRefusal, "HTTP/1.1 503 ") || !strings.Contains(o.FirstRefusal, "\r\nRetry-After: ")),
		"the refusal is no 503 with Retry-After: %q", o.FirstRefusal)
	return errors.Join(errs...)
}
