package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the gateway's metrics. They belong to no global registry.
type Metrics struct {
	registry *prometheus.Registry
	causes   causes
	broken   storeError

	requests    *family[prometheus.Counter]  // status
	requestTime prometheus.Histogram         // seconds
	requestsNow prometheus.Gauge             //
	submissions *family[prometheus.Counter]  // code
	submitTime  prometheus.Histogram         // seconds
	recipients  prometheus.Counter           //
	finished    *family[prometheus.Counter]  // state, code
	lifetime    prometheus.Histogram         // seconds
	attempts    *family[prometheus.Counter]  // bearer, outcome
	failures    *family[prometheus.Counter]  // bearer, outcome, cause
	answers     *family[prometheus.Counter]  // plugin, answer
	stages      *family[prometheus.Observer] // stage, plugin; seconds
	notified    *family[prometheus.Counter]  // result
	commits     *family[prometheus.Counter]  // result
	commitTime  prometheus.Histogram         // seconds
	commitSize  prometheus.Histogram         // events
}

// buckets reach from a step within the machine to the time-outs of a network, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// New returns metrics that count from now on, with those of what stands.
func New(standing Standing) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_pap_requests_total", Help: "HTTP requests to the PAP listener by the status of their answer; what PAP itself decided is 202.",
		}, "status"),
		requestTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_pap_request_seconds", Help: "Time from the header of a PAP request to the end of its answer.", Buckets: buckets,
		}),
		requestsNow: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ppgbox_pap_requests_in_flight", Help: "PAP requests that are being read or handled.",
		}),
		submissions: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_submissions_total", Help: "Push submissions by the PAP code of their answer; \"unavailable\" for those that got HTTP 503.",
		}, "code"),
		submitTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_submit_seconds", Help: "Time to decide on a submission and to have it on disk.", Buckets: buckets,
		}),
		recipients: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ppgbox_deliveries_accepted_total", Help: "Deliveries that were accepted: one for each recipient of a push.",
		}),
		finished: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_deliveries_finished_total", Help: "Deliveries that reached their final state, by PAP message-state and code.",
		}, "state", "code"),
		lifetime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_attempt_seconds", Help: "Time from the start of an attempt to its end.", Buckets: buckets,
		}),
		attempts: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_attempts_total", Help: "Attempts that ended, by bearer instance and outcome.",
		}, "bearer", "outcome"),
		failures: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_attempt_failures_total", Help: "Attempts that ended neither delivered nor accepted, by bearer instance, outcome and class of cause.",
		}, "bearer", "outcome", "cause"),
		answers: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_route_answers_total", Help: "Answers of routing strategies in attempts that ended: route, not_here, not_attached or error.",
		}, "plugin", "answer"),
		stages: newHistograms(prometheus.HistogramOpts{
			Name: "ppgbox_stage_seconds", Help: "Time of one stage of an attempt: encode, route, send (the wait for a place at the bearer), outcome.",
			Buckets: buckets,
		}, "stage", "plugin"),
		notified: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_notifications_total", Help: "Result notifications: acknowledged, failed (tried again) or given_up.",
		}, "result"),
		commits: newCounters(prometheus.CounterOpts{
			Name: "ppgbox_store_commits_total", Help: "Commits to the store by result: ok, refused or failed.",
		}, "result"),
		commitTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_store_commit_seconds", Help: "Time from handing events to the store until they are on disk.", Buckets: buckets,
		}),
		commitSize: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_store_commit_events", Help: "Events that were handed to the store in one commit. The store writes several commits in one transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128},
		}),
	}
	m.registry.MustRegister(
		m.requests, m.requestTime, m.requestsNow, m.submissions, m.submitTime, m.recipients, m.finished, m.lifetime, m.attempts,
		m.failures, m.answers, m.stages, m.notified, m.commits, m.commitTime, m.commitSize,
		standing, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Register adds metrics that another part of the gateway keeps. It is called once for each, before anybody asks.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
