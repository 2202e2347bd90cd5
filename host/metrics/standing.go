package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/pluginhost"
)

// Standing is what is asked when the metrics are scraped.
type Standing struct {
	// Counts are the deliveries that are not final and the notifications that are owed.
	Counts func() (pending, owed int)
	// Plugins returns the state of every plugin instance.
	Plugins func() []pluginhost.Status
}

var (
	pendingDesc  = prometheus.NewDesc("ppgbox_deliveries_pending", "Deliveries that have no final state.", nil, nil)
	owedDesc     = prometheus.NewDesc("ppgbox_notifications_owed", "Result notifications that are not acknowledged.", nil, nil)
	upDesc       = prometheus.NewDesc("ppgbox_plugin_up", "1 while the plugin instance runs.", []string{"instance", "use"}, nil)
	restartsDesc = prometheus.NewDesc("ppgbox_plugin_restarts_total", "Restarts of the plugin instance's process.", []string{"instance"}, nil)
	windowDesc   = prometheus.NewDesc("ppgbox_plugin_window", "Items that the plugin instance takes at once.", []string{"instance"}, nil)
	flightDesc   = prometheus.NewDesc("ppgbox_plugin_in_flight", "Items that the plugin instance has not answered.", []string{"instance"}, nil)
)

// Describe implements prometheus.Collector.
func (s Standing) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{pendingDesc, owedDesc, upDesc, restartsDesc, windowDesc, flightDesc} {
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
