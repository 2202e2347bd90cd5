package radius

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetrics(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(false) })
	s.client.tell(all([]attribute{isStart}, alice())...)
	s.client.tell(isStart, nas)
	s.client.send([]byte("no RADIUS"))
	s.client.tell(isOn, nas)
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(s); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP ppgbox_radius_answers_total Answers to RADIUS accounting requests, with those to repeats.
# TYPE ppgbox_radius_answers_total counter
ppgbox_radius_answers_total 3
# HELP ppgbox_radius_dropped_total RADIUS messages that were dropped without an answer.
# TYPE ppgbox_radius_dropped_total counter
ppgbox_radius_dropped_total{reason="loop"} 0
ppgbox_radius_dropped_total{reason="malformed"} 1
ppgbox_radius_dropped_total{reason="overload"} 0
ppgbox_radius_dropped_total{reason="unknown_source"} 0
ppgbox_radius_dropped_total{reason="wrong_authenticator"} 0
ppgbox_radius_dropped_total{reason="wrong_code"} 0
# HELP ppgbox_radius_forward_pending RADIUS accounting requests that the next server has not answered.
# TYPE ppgbox_radius_forward_pending gauge
ppgbox_radius_forward_pending 3
# HELP ppgbox_radius_records_total RADIUS accounting requests that were taken, by what they tell of; without repeats.
# TYPE ppgbox_radius_records_total counter
ppgbox_radius_records_total{status="interim"} 0
ppgbox_radius_records_total{status="off"} 0
ppgbox_radius_records_total{status="on"} 1
ppgbox_radius_records_total{status="other"} 0
ppgbox_radius_records_total{status="start"} 2
ppgbox_radius_records_total{status="stop"} 0
`
	var names []string
	for line := range strings.Lines(want) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names = append(names, strings.Fields(name)[0])
		}
	}
	s.count("answers", s.counters.answers.Load, 3)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}
