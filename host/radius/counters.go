package radius

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"layeh.com/radius/rfc2866"
)

// dropped is why a message is not answered.
type dropped int

const (
	taken dropped = iota // it is not
	unknownSource
	malformed
	wrongCode
	wrongAuthenticator
	loop
	overload
	droppedReasons
)

var droppedNames = [droppedReasons]string{"", "unknown_source", "malformed", "wrong_code", "wrong_authenticator", "loop", "overload"}

// String is the reason in logs and metrics.
func (d dropped) String() string { return droppedNames[d] }

// ignored is why a record that is answered changes no session.
type ignored int

const (
	noSessionID ignored = iota
	noAddress
	prefixOnly
	noGGSN
	badAPN
	tooOld
	ignoredReasons
)

var ignoredNames = [ignoredReasons]string{"no_session_id", "no_address", "prefix_only", "no_ggsn", "bad_apn", "too_old"}

// String is the reason in logs and metrics.
func (i ignored) String() string { return ignoredNames[i] }

// kind is what a record says, as far as it makes a difference.
type kind int

const (
	other kind = iota
	start
	interim
	stop
	on
	off
	kinds
)

var kindNames = [kinds]string{"other", "start", "interim", "stop", "on", "off"}

func kindOf(t rfc2866.AcctStatusType) kind {
	switch t {
	case rfc2866.AcctStatusType_Value_Start:
		return start
	case rfc2866.AcctStatusType_Value_InterimUpdate:
		return interim
	case rfc2866.AcctStatusType_Value_Stop:
		return stop
	case rfc2866.AcctStatusType_Value_AccountingOn:
		return on
	case rfc2866.AcctStatusType_Value_AccountingOff:
		return off
	}
	return other
}

// forwarded is what became of a message at the next server.
type forwarded int

const (
	forwardAnswered forwarded = iota
	forwardGivenUp            // after all tries
	forwardNoRoom             // too much waited for it already
	forwardStopped            // the gateway stopped before
	forwardResults
)

var forwardedNames = [forwardResults]string{"answered", "given_up", "no_room", "stopped"}

type counters struct {
	dropped   [droppedReasons]atomic.Uint64
	ignored   [ignoredReasons]atomic.Uint64
	records   [kinds]atomic.Uint64
	repeated  atomic.Uint64
	answers   atomic.Uint64
	unwritten atomic.Uint64
	notStored atomic.Uint64
	ended     atomic.Uint64 // sessions

	forwarded [forwardResults]atomic.Uint64
	tries     atomic.Uint64
	strange   atomic.Uint64 // answers that are not the next server's
}

var (
	recordsDesc   = prometheus.NewDesc("ppgbox_radius_records_total", "RADIUS accounting requests that were taken, by what they tell of; without repeats.", []string{"status"}, nil)
	droppedDesc   = prometheus.NewDesc("ppgbox_radius_dropped_total", "RADIUS messages that were dropped without an answer.", []string{"reason"}, nil)
	ignoredDesc   = prometheus.NewDesc("ppgbox_radius_ignored_total", "RADIUS accounting requests that were answered and change no session.", []string{"reason"}, nil)
	repeatedDesc  = prometheus.NewDesc("ppgbox_radius_repeated_total", "RADIUS accounting requests that came again.", nil, nil)
	answersDesc   = prometheus.NewDesc("ppgbox_radius_answers_total", "Answers to RADIUS accounting requests, with those to repeats.", nil, nil)
	failedDesc    = prometheus.NewDesc("ppgbox_radius_failures_total", "What went wrong on our side: not_stored (so not answered), or an answer that was not_sent.", []string{"failure"}, nil)
	endedDesc     = prometheus.NewDesc("ppgbox_radius_restart_sessions_total", "Sessions that were over with an Accounting-On or Accounting-Off.", nil, nil)
	workingDesc   = prometheus.NewDesc("ppgbox_radius_pending", "RADIUS accounting requests that were taken and are not answered.", nil, nil)
	forwardedDesc = prometheus.NewDesc("ppgbox_radius_forwarded_total", "RADIUS accounting requests by what became of them at the next server.", []string{"result"}, nil)
	triesDesc     = prometheus.NewDesc("ppgbox_radius_forward_tries_total", "RADIUS accounting requests that were sent to the next server, with repeats.", nil, nil)
	strangeDesc   = prometheus.NewDesc("ppgbox_radius_forward_strange_total", "Messages from the next server that answer nothing or are not proven.", nil, nil)
	waitingDesc   = prometheus.NewDesc("ppgbox_radius_forward_pending", "RADIUS accounting requests that the next server has not answered.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s *Server) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		recordsDesc, droppedDesc, ignoredDesc, repeatedDesc, answersDesc, failedDesc, endedDesc, workingDesc, forwardedDesc, triesDesc, strangeDesc,
		waitingDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *Server) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, c *atomic.Uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(c.Load()), labels...)
	}
	gauge := func(d *prometheus.Desc, n int) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n))
	}
	c := &s.counters
	for i := range c.records {
		counter(recordsDesc, &c.records[i], kindNames[i])
	}
	for i := unknownSource; i < droppedReasons; i++ {
		counter(droppedDesc, &c.dropped[i], i.String())
	}
	for i := range c.ignored {
		counter(ignoredDesc, &c.ignored[i], ignoredNames[i])
	}
	counter(repeatedDesc, &c.repeated)
	counter(answersDesc, &c.answers)
	counter(failedDesc, &c.notStored, "not_stored")
	counter(failedDesc, &c.unwritten, "not_sent")
	counter(endedDesc, &c.ended)
	gauge(workingDesc, s.exchanges.count())
	for i := range c.forwarded {
		counter(forwardedDesc, &c.forwarded[i], forwardedNames[i])
	}
	counter(triesDesc, &c.tries)
	counter(strangeDesc, &c.strange)
	waiting := 0
	if f := s.forward.Load(); f != nil {
		waiting = f.count()
	}
	gauge(waitingDesc, waiting)
}
