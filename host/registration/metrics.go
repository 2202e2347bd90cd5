package registration

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what listeners answer; several may share one. It is a prometheus.Collector, to be registered once.
type Metrics struct{ *prometheus.CounterVec }

// NewMetrics returns metrics that have counted nothing.
func NewMetrics() *Metrics {
	return &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ppgbox_registration_answers_total",
		Help: "Answers to push clients and relays, by GGSN and APN of the listener, operation and HTTP status.",
	}, []string{"ggsn", "apn", "operation", "status"})}
}

func (m *Metrics) answered(ggsn, apn, operation string, status int) {
	m.WithLabelValues(ggsn, apn, operation, strconv.Itoa(status)).Inc()
}
