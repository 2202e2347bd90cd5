//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLatency(t *testing.T) {
	var all []int64
	for i := int64(100); i >= 1; i-- {
		all = append(all, i*1e6)
	}
	if got, want := latencyOf(all), (latency{P50: 51, P99: 100, Max: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := latencyOf(nil); got != (latency{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 3}, 3},
		{"even", []float64{9, 1, 3, 5}, 4},
	} {
		if got := medianOf(test.values); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// exampleReport has ppgbox four times as fast as Kannel, for a quarter of the CPU time.
func exampleReport() *report {
	rep := &report{Repetitions: 1}
	for _, r := range []row{
		{Gateway: "kannel", Wapboxes: 1, Segments: 1, Connections: 64},
		{Gateway: "kannel", Wapboxes: 2, Segments: 1, Connections: 64},
		{Gateway: "ppgbox", Segments: 1, Connections: 64},
		{Gateway: "ppgbox", Segments: 1, Connections: 64, Notified: true},
		{Gateway: "kannel", Wapboxes: 1, Segments: 1, Connections: 64, Offered: offeredRate},
		{Gateway: "ppgbox", Segments: 1, Connections: 64, Offered: offeredRate},
	} {
		s := &sample{Row: r, PushesPerSecond: 2000, CPU: 0.4, Submit: latency{P50: 4, P99: 8}}
		if r.Gateway == "ppgbox" {
			s.PushesPerSecond, s.CPU, s.Submit = 8000, 0.1, latency{P50: 1, P99: 16}
		}
		if r.Wapboxes == 2 {
			s.PushesPerSecond = 4000
		}
		if r.Notified {
			s.PushesPerSecond = 1
		}
		rep.Samples = append(rep.Samples, s)
	}
	return rep
}

func TestFigures(t *testing.T) {
	rep := exampleReport()
	for name, want := range map[string]float64{
		"kannel_1seg_64": 2000, "ppgbox_1seg_64": 8000, "ratio_1seg_64": 4, "ratio_1seg_64_vs_two": 2, "cpu_ratio_1seg": 0.25,
		"p99_ratio_1000": 2, "p50_ms_1000": 1, "ppgbox_1seg_64_notified": 1,
	} {
		if got, ok := rep.figure(name); !ok || got != want {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
	if _, ok := rep.figure("ratio_3seg_64"); ok {
		t.Error("a ratio of rows that were not run")
	}
}

// Others read these from results.json.
func TestFullMatrixHasEveryFigure(t *testing.T) {
	rep := &report{Suspended: &suspension{}}
	for _, r := range fullMatrix(2, 1).rows {
		rep.Samples = append(rep.Samples, &sample{Row: r, PushesPerSecond: 1, CPU: 1, Submit: latency{P50: 1, P99: 1}})
	}
	for _, g := range goals {
		if _, ok := rep.figure(g.name); !ok {
			t.Errorf("no row gives %s", g.name)
		}
	}
	for _, name := range []string{"kannel_1seg_64", "ppgbox_1seg_64", "ratio_1seg_64", "ratio_1seg_64_vs_two", "ratio_3seg_64", "cpu_ratio_1seg", "p99_ratio_1000", "p50_ms_1000"} {
		if _, ok := rep.figure(name); !ok {
			t.Errorf("no row gives %s", name)
		}
	}
}

func TestTableInItsPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), readmeFile)
	text := "# Title\n\n" + tableBegin + "old\n" + tableEnd + "\nThe rest.\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time over the first
		if err := writePart(path, tableBegin, tableEnd, exampleReport().table()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := string(got)
	if !strings.HasPrefix(s, "# Title\n\n"+tableBegin) || !strings.HasSuffix(s, tableEnd+"\nThe rest.\n") || strings.Contains(s, "old") {
		t.Errorf("got:\n%s", s)
	}
	for _, line := range []string{
		"| pushes/s to one wapbox's, 1 segment, 64 connections | ≥ 4 | 4 | reached |",
		"| p99 from POST to submit at 1000/s to Kannel's | ≤ 0.5 | 2 | **missed** |",
	} {
		if strings.Count(s, line) != 1 {
			t.Errorf("%q stands %d times in\n%s", line, strings.Count(s, line), s)
		}
	}
	if err := os.WriteFile(path, []byte("# Title\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if writePart(path, tableBegin, tableEnd, exampleReport().table()) == nil {
		t.Error("a file without the place was written")
	}
}
