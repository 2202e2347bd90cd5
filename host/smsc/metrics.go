package smsc

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// metrics are what the SMSC counts. They belong to no global registry.
type metrics struct {
	registry                    *prometheus.Registry
	answers                     *prometheus.CounterVec // system_id, status
	transactions                *prometheus.CounterVec // class, status
	pushComplete, otherComplete prometheus.Counter     // of transactions, the ones delivered
	time                        prometheus.Histogram   // seconds
	segments                    verdicts
	adopted                     *prometheus.CounterVec // how
	recognised                  *prometheus.CounterVec // as
	bindsRefused                *prometheus.CounterVec // status
}

func newMetrics(s *SMSC) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		answers:  counter("ppgbox_smsc_answers_total", "Answers to submit_sm and data_sm, by ESME and command_status.", "system_id", "status"),
		transactions: counter("ppgbox_smsc_transactions_total",
			"Transactions that ended, by class of the ESME and command_status of their result.", "class", "status"),
		adopted: counter("ppgbox_smsc_adopted_total",
			"Messages cut by an ESME: whole, their segments that went single, and why they did: timer or window.", "how"),
		recognised:   counter("ppgbox_smsc_recognised_total", "Pushes that came again, by how the earlier start stood: running, delivered or incomplete.", "as"),
		bindsRefused: counter("ppgbox_smsc_binds_refused_total", "Binds of ESMEs that were refused, by command_status.", "status"),
		time: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ppgbox_smsc_transaction_seconds", Help: "Time from a submission to its result.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120},
		}),
	}
	segments := counter("ppgbox_smsc_segments_total", "Segments that were sent to the network, by what it answered.", "result")
	m.segments = newVerdicts(segments)
	m.pushComplete = m.transactions.WithLabelValues(classPush, smpp.StatusOK.String())
	m.otherComplete = m.transactions.WithLabelValues(classOther, smpp.StatusOK.String())
	m.registry.MustRegister(m.answers, m.transactions, segments, m.adopted, m.recognised, m.bindsRefused, m.time,
		gauge("ppgbox_smsc_suspended", "Transactions without a result.", func() float64 { return float64(s.suspended.Load()) }),
		gauge("ppgbox_smsc_held_segments", "Segments that wait for others of their message.", func() float64 { return float64(s.standing().Held) }),
		gauge("ppgbox_smsc_binds", "Binds of ESMEs.", func() float64 { return float64(s.standing().Binds) }),
		gauge("ppgbox_smsc_delivery_places", "Segments that the bound delivery links take at once; 0 if none is bound.",
			func() float64 { return float64(s.links.Places()) }),
		linksUp{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// linksUp tells of every delivery link whether it is bound. Links may have one address, hence their place in the configuration.
type linksUp struct{ s *SMSC }

var linkUp = prometheus.NewDesc("ppgbox_smsc_delivery_link_up", "1 for a delivery link that is bound, by its place in the configuration and its address.",
	[]string{"delivery", "address"}, nil)

// Describe is part of prometheus.Collector.
func (linksUp) Describe(c chan<- *prometheus.Desc) { c <- linkUp }

// Collect is part of prometheus.Collector.
func (l linksUp) Collect(c chan<- prometheus.Metric) {
	for i, up := range l.s.links.Up() {
		value := 0.0
		if up {
			value = 1
		}
		c <- prometheus.MustNewConstMetric(linkUp, prometheus.GaugeValue, value, strconv.Itoa(i), l.s.config.addresses[i])
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// verdicts counts segments by what became of them.
type verdicts [smstx.Busy + 1]prometheus.Counter

func newVerdicts(c *prometheus.CounterVec) (v verdicts) {
	for verdict, name := range map[smstx.Verdict]string{
		smstx.NoAnswer: "no_answer", smstx.Through: "through", smstx.Temporary: "temporary", smstx.Permanent: "permanent", smstx.Busy: "not_sent",
	} {
		v[verdict] = c.WithLabelValues(name)
	}
	return v
}

func (v *verdicts) of(verdict smstx.Verdict) prometheus.Counter { return v[verdict] }

// ended counts a transaction that ended, and took so long.
func (m *metrics) ended(t *transaction, status smpp.Status, took time.Duration) {
	switch {
	case status != smpp.StatusOK:
		m.transactions.WithLabelValues(t.account.class(), status.String()).Inc()
	case t.account.other:
		m.otherComplete.Inc()
	default:
		m.pushComplete.Inc()
	}
	m.time.Observe(took.Seconds())
}

// count counts an answer.
func (s *SMSC) count(a *account, status smpp.Status) {
	if status == smpp.StatusOK {
		a.delivered.Inc()
		return
	}
	s.metrics.answers.WithLabelValues(a.systemID, status.String()).Inc()
}
