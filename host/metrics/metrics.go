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

	submissions *prometheus.CounterVec   // code
	submitTime  prometheus.Histogram     // seconds
	recipients  prometheus.Counter       //
	finished    *prometheus.CounterVec   // state, code
	lifetime    prometheus.Histogram     // seconds
	attempts    *prometheus.CounterVec   // bearer, outcome
	stages      *prometheus.HistogramVec // stage, plugin; seconds
	notified    *prometheus.CounterVec   // result
	commits     *prometheus.CounterVec   // result
	commitTime  prometheus.Histogram     // seconds
}

// buckets reach from a step within the machine to the time-outs of a network, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}

// New returns metrics that count from now on, with those of what stands.
func New(standing Standing) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		submissions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ppgbox_submissions_total", Help: "Push submissions by the PAP code of their answer; \"unavailable\" for those that got HTTP 503.",
		}, []string{"code"}),
		submitTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_submit_seconds", Help: "Time to decide on a submission and to have it on disk.", Buckets: buckets,
		}),
		recipients: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ppgbox_deliveries_accepted_total", Help: "Deliveries that were accepted: one for each recipient of a push.",
		}),
		finished: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ppgbox_deliveries_finished_total", Help: "Deliveries that reached their final state, by PAP message-state and code.",
		}, []string{"state", "code"}),
		lifetime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_attempt_seconds", Help: "Time from the start of an attempt to its end.", Buckets: buckets,
		}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ppgbox_attempts_total", Help: "Attempts that ended, by bearer instance and outcome.",
		}, []string{"bearer", "outcome"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ppgbox_stage_seconds", Help: "Time of one stage of an attempt: encode, route, send (the wait for a place at the bearer), outcome.",
			Buckets: buckets,
		}, []string{"stage", "plugin"}),
		notified: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ppgbox_notifications_total", Help: "Result notifications: acknowledged, failed (tried again) or given_up.",
		}, []string{"result"}),
		commits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ppgbox_store_commits_total", Help: "Commits to the store by result: ok, refused or failed.",
		}, []string{"result"}),
		commitTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_store_commit_seconds", Help: "Time from handing events to the store until they are on disk.", Buckets: buckets,
		}),
	}
	m.registry.MustRegister(
		m.submissions, m.submitTime, m.recipients, m.finished, m.lifetime, m.attempts, m.stages, m.notified, m.commits, m.commitTime,
		standing, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
