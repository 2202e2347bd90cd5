package ggsn

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// metrics are what the GGSN counts. They belong to no global registry. No label holds what a peer can make up: causes are those of the
// specification.
type metrics struct {
	registry                           *prometheus.Registry
	creates, updates, deletes, rejects *prometheus.CounterVec // cause
	ended                              *prometheus.CounterVec // why
	drops                              *prometheus.CounterVec // plane, reason
	pushes                             *prometheus.CounterVec // result
	sent                               prometheus.Counter     // of pushes
	present, restarts, silent          prometheus.Counter
	failureReports                     prometheus.Counter
	indicationsIn, indicationsOut      prometheus.Counter
	uplink, downlink                   outcomes
	registrations                      *registration.Metrics
}

// What becomes of packets, by the place of its name.
const (
	uplinkForwarded = iota
	uplinkComplaint
	uplinkDropped
	uplinkSpoofed
	uplinkNoContext
	uplinkFailed
)

const (
	downlinkForwarded = iota
	downlinkActivates
	downlinkNoContext
	downlinkForeign
	downlinkFailed
)

// outcomes are counters that are found without looking for their labels.
type outcomes []prometheus.Counter

func (o outcomes) of(i int) { o[i].Inc() }

func newOutcomes(v *prometheus.CounterVec, names ...string) outcomes {
	var o outcomes
	for _, name := range names {
		o = append(o, v.WithLabelValues(name))
	}
	return o
}

func newMetrics(g *GGSN) *metrics {
	vector := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ppgbox_ggsn_" + name, Help: help}, labels)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "ppgbox_ggsn_" + name, Help: help})
	}
	uplink := vector("uplink_packets_total", "Packets from terminals, by what became of them.", "result")
	downlink := vector("downlink_packets_total", "Packets from the TUN device to terminals, by what became of them.", "result")
	m := &metrics{
		registry: prometheus.NewRegistry(),
		creates:  vector("creates_total", "Create PDP Context Requests that were answered, by cause.", "cause"),
		updates:  vector("updates_total", "Update PDP Context Requests that were answered, by cause.", "cause"),
		deletes:  vector("deletes_total", "Delete PDP Context Requests that were answered, by cause.", "cause"),
		rejects:  vector("notification_rejects_total", "PDU Notification Reject Requests, by their cause.", "cause"),
		ended:    vector("contexts_ended_total", "PDP contexts that ended, by why.", "why"),
		drops:    vector("dropped_total", "Datagrams of GTP that led to nothing or were refused, by plane and reason.", "plane", "reason"),
		pushes:   vector("pushes_total", "Pushes that were answered, by result: sent, or the cause.", "result"),
		present:  counter("terminals_present_total", "Note MS GPRS Present Requests."),
		restarts: counter("sgsn_restarts_total", "Restarts of SGSNs."),
		silent:   counter("sgsn_silent_total", "Echo Requests that no SGSN answered."),
		failureReports: counter("failure_reports_total",
			"Failure Report Requests to the HLR."),
		indicationsIn:  counter("error_indications_received_total", "Error Indications of SGSNs."),
		indicationsOut: counter("error_indications_sent_total", "Error Indications to SGSNs."),
		uplink:         newOutcomes(uplink, "forwarded", "complaint", "dropped", "not_its_address", "no_context", "failed"),
		downlink:       newOutcomes(downlink, "forwarded", "activates", "no_context", "not_ipv4", "failed"),
	}
	m.registrations = registration.NewMetrics()
	m.sent = m.pushes.WithLabelValues("sent")
	m.registry.MustRegister(m.creates, m.updates, m.deletes, m.rejects, m.ended, m.drops, m.pushes, m.present, m.restarts, m.silent,
		m.failureReports, m.indicationsIn, m.indicationsOut, uplink, downlink, m.registrations, standing{g},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// answered counts the result of a push.
func (m *metrics) answered(r node.Result) {
	if r.Sent {
		m.sent.Inc()
		return
	}
	m.pushes.WithLabelValues(string(r.Cause)).Inc()
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// standing is what is asked when the metrics are scraped.
type standing struct{ g *GGSN }

var (
	descContexts  = prometheus.NewDesc("ppgbox_ggsn_contexts", "PDP contexts.", nil, nil)
	descAddresses = prometheus.NewDesc("ppgbox_ggsn_pool_addresses", "Addresses of the pool, by how they stand: free, given, reserved, resting.",
		[]string{"state"}, nil)
	descActivations = prometheus.NewDesc("ppgbox_ggsn_activations", "Terminals that are being woken.", nil, nil)
	descWaiting     = prometheus.NewDesc("ppgbox_ggsn_waiting", "What waits for a context: pushes and packets.", []string{"what"}, nil)
	descNotified    = prometheus.NewDesc("ppgbox_ggsn_notifications_total", "PDU Notification Requests, without repeats.", nil, nil)
	descAsked       = prometheus.NewDesc("ppgbox_ggsn_hlr_questions_total", "Questions to the HLR for activations.", nil, nil)
	descAccounting  = prometheus.NewDesc("ppgbox_ggsn_accounting_total",
		"Accounting records by what became of them: sent, repeated, answered, lost, and answers that were none.", []string{"result"}, nil)
	descAccountingWaiting = prometheus.NewDesc("ppgbox_ggsn_accounting_waiting", "Accounting records without an answer.", nil, nil)
	descRegistered        = prometheus.NewDesc("ppgbox_ggsn_registered", "Addresses with a registration that was passed on to the gateway.", nil, nil)
	descReleases          = prometheus.NewDesc("ppgbox_ggsn_releases_total",
		"Registrations whose context ended, by what became of them at the gateway: released, lost.", []string{"result"}, nil)
	descReleasesWaiting = prometheus.NewDesc("ppgbox_ggsn_releases_waiting", "Registrations that the gateway has not released yet.", nil, nil)
	descGateways        = prometheus.NewDesc("ppgbox_ggsn_gateways", "Gateways that are connected.", nil, nil)
)

// Describe is part of prometheus.Collector.
func (standing) Describe(c chan<- *prometheus.Desc) {
	for _, d := range [...]*prometheus.Desc{
		descContexts, descAddresses, descActivations, descWaiting, descNotified, descAsked, descAccounting, descAccountingWaiting, descGateways,
		descRegistered, descReleases, descReleasesWaiting,
	} {
		c <- d
	}
}

// Collect is part of prometheus.Collector.
func (s standing) Collect(c chan<- prometheus.Metric) {
	g := s.g
	gauge := func(d *prometheus.Desc, n int, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge(descContexts, g.table.Len())
	pool := g.book.Counts()
	gauge(descAddresses, pool.Free, "free")
	gauge(descAddresses, pool.Given, "given")
	gauge(descAddresses, pool.Reserved, "reserved")
	gauge(descAddresses, pool.Resting, "resting")
	if g.engine != nil {
		n := g.engine.Stats()
		gauge(descActivations, n.Activations)
		gauge(descWaiting, n.Pushes, "pushes")
		gauge(descWaiting, n.Packets, "packets")
		count(descNotified, n.Notified)
		count(descAsked, n.Asked)
	}
	if g.accounting != nil {
		n := g.accounting.Counters()
		count(descAccounting, n.Sent, "sent")
		count(descAccounting, n.Repeated, "repeated")
		count(descAccounting, n.Answered, "answered")
		count(descAccounting, n.Lost, "lost")
		count(descAccounting, n.Forged, "forged")
		gauge(descAccountingWaiting, n.Waiting)
	}
	if g.relay != nil {
		n := g.relay.Counters()
		gauge(descRegistered, n.Registered)
		gauge(descReleasesWaiting, n.Waiting)
		count(descReleases, n.Released, "released")
		count(descReleases, n.Lost, "lost")
	}
	if g.server != nil {
		gauge(descGateways, len(g.server.Gateways()))
	}
}
