package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/pluginhost"
)

// Standing is what is asked when the metrics are scraped.
type Standing struct {
	// Counts are the deliveries that are not final and the notifications that are owed.
	Counts func() (pending, owed int)
	// Plugins returns the state of every plugin instance.
	Plugins func() []pluginhost.Status
	// States counts the pending deliveries by where they are, and Bearers tells of their queues (dispatch.Dispatcher).
	States  func(context.Context) map[string]int
	Bearers func(context.Context) ([]dispatch.Bearer, error)
}

// patience is how long a scrape waits for the dispatcher; what it did not say in this time is missing from the scrape.
const patience = 2 * time.Second

// A plugin instance is the label "plugin" everywhere but for bearers: "instance" is what Prometheus calls the host that it scrapes.
var (
	pendingDesc = prometheus.NewDesc("ppgbox_deliveries_pending", "Deliveries that have no final state.", nil, nil)
	statesDesc  = prometheus.NewDesc("ppgbox_deliveries_by_state", "Deliveries that have no final state by where they are: "+
		"waiting (for their turn at the terminal), sleeping (until a time), encoding, routing, ready (for a place at a bearer), "+
		"sent, overdue, finished (their result is being written) or left (for the next start).", []string{"state"}, nil)
	queueDesc    = prometheus.NewDesc("ppgbox_bearer_queue_deliveries", "Deliveries that wait for a place at the bearer instance.", []string{"bearer"}, nil)
	owedDesc     = prometheus.NewDesc("ppgbox_notifications_owed", "Result notifications that are not acknowledged.", nil, nil)
	upDesc       = prometheus.NewDesc("ppgbox_plugin_up", "1 while the plugin instance runs.", []string{"plugin", "use"}, nil)
	restartsDesc = prometheus.NewDesc("ppgbox_plugin_restarts_total", "Restarts of the plugin instance's process.", []string{"plugin"}, nil)
	windowDesc   = prometheus.NewDesc("ppgbox_plugin_window", "Items that the plugin instance takes at once.", []string{"plugin"}, nil)
	flightDesc   = prometheus.NewDesc("ppgbox_plugin_in_flight", "Items that the plugin instance has not answered.", []string{"plugin"}, nil)
)

// Describe implements prometheus.Collector.
func (s Standing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pendingDesc, statesDesc, queueDesc, owedDesc, upDesc, restartsDesc, windowDesc, flightDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s Standing) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	pending, owed := s.Counts()
	gauge(pendingDesc, float64(pending))
	gauge(owedDesc, float64(owed))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for state, n := range s.States(ctx) {
		gauge(statesDesc, float64(n), state)
	}
	bearers, _ := s.Bearers(ctx) // the health of the dispatcher is asked for elsewhere
	for _, b := range bearers {
		gauge(queueDesc, float64(b.Queued), b.Instance)
	}
	for _, p := range s.Plugins() {
		up := 0.0
		if p.State == pluginhost.StateRunning {
			up = 1
		}
		gauge(upDesc, up, p.Name, p.Use)
		gauge(windowDesc, float64(p.Window), p.Name)
		gauge(flightDesc, float64(p.InFlight), p.Name)
		ch <- prometheus.MustNewConstMetric(restartsDesc, prometheus.CounterValue, float64(p.Restarts), p.Name)
	}
}
