//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A report is all that the bench found.
type report struct {
	Machine     machine
	Repetitions int
	Samples     []*sample
	Suspended   *suspension
}

// key names a row in results.json, as in "ppgbox_1seg_64".
func (r row) key() string {
	name := r.Gateway
	if r.Wapboxes > 1 {
		name += fmt.Sprint(r.Wapboxes)
	}
	name += fmt.Sprintf("_%dseg_%d", r.Segments, r.Connections)
	if r.Offered > 0 {
		name += fmt.Sprintf("_offered_%.0f", r.Offered)
	}
	if r.Notified {
		name += "_notified"
	}
	if r.Online {
		name += "_online"
	}
	if r.Held > 0 {
		name += fmt.Sprintf("_held_%d", r.Held)
	}
	return name
}

// keys returns the rows' keys in the order of their first samples.
func (rep *report) keys() []string {
	var keys []string
	for _, s := range rep.Samples {
		if k := s.Row.key(); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

func (rep *report) of(key string) []*sample {
	var of []*sample
	for _, s := range rep.Samples {
		if s.Row.key() == key {
			of = append(of, s)
		}
	}
	return of
}

func pushesPerSecond(s *sample) float64 { return s.PushesPerSecond }
func cpu(s *sample) float64             { return s.CPU }
func submitP50(s *sample) float64       { return s.Submit.P50 }
func submitP99(s *sample) float64       { return s.Submit.P99 }

// A figure is a line of results.json: a number by its name. Every ratio is ppgbox's figure divided by Kannel's, but
// cpu_ratio_online and cpu_ratio_online_held: an online push to a text message of one segment.
type figure struct {
	name  string
	value float64
}

// figures returns what results.json holds beside the samples, as far as the rows that it is made of were run.
func (rep *report) figures() []figure {
	var all []figure
	for _, k := range rep.keys() {
		of := rep.of(k)
		all = append(all,
			figure{k, median(of, pushesPerSecond)}, figure{k + "_cpu_s_per_1000", median(of, cpu)},
			figure{k + "_p50_ms", median(of, submitP50)}, figure{k + "_p99_ms", median(of, submitP99)},
			figure{k + "_peak_rss_mib", median(of, func(s *sample) float64 { return s.Peak })})
	}
	ratio := func(name, ppgbox, kannel string, field func(*sample) float64) {
		p, k := rep.of(ppgbox), rep.of(kannel)
		if len(p) > 0 && len(k) > 0 && median(k, field) > 0 {
			all = append(all, figure{name, median(p, field) / median(k, field)})
		}
	}
	for _, segments := range []int{1, 3} {
		for _, connections := range []int{1, 16, 64} {
			load := fmt.Sprintf("%dseg_%d", segments, connections)
			ratio("ratio_"+load, "ppgbox_"+load, "kannel_"+load, pushesPerSecond)
		}
		load := fmt.Sprintf("%dseg_64", segments)
		ratio("ratio_"+load+"_vs_two", "ppgbox_"+load, "kannel2_"+load, pushesPerSecond)
		ratio(fmt.Sprintf("cpu_ratio_%dseg", segments), "ppgbox_"+load, "kannel_"+load, cpu)
	}
	offered := fmt.Sprintf("1seg_64_offered_%d", offeredRate)
	ratio("p50_ratio_1000", "ppgbox_"+offered, "kannel_"+offered, submitP50)
	ratio("p99_ratio_1000", "ppgbox_"+offered, "kannel_"+offered, submitP99)
	if of := rep.of("ppgbox_" + offered); len(of) > 0 {
		all = append(all, figure{"p50_ms_1000", median(of, submitP50)}, figure{"p99_ms_1000", median(of, submitP99)})
	}
	ratio("cpu_ratio_online", "ppgbox_1seg_64_online", "ppgbox_1seg_64", cpu)
	ratio("cpu_ratio_online_held", "ppgbox_1seg_64_online", fmt.Sprintf("ppgbox_1seg_64_held_%d", listenedFor), cpu)
	if of := rep.of("ppgbox_1seg_64_online"); len(of) > 0 {
		all = append(all, figure{"online_pdp_us", 1000 * median(of, func(s *sample) float64 { return s.cpuOf("bearer/pdp") })})
	}
	if s := rep.Suspended; s != nil {
		all = append(all, figure{"suspended_on_the_wire", float64(s.OnTheWire)}, figure{"suspended_rss_mib", s.RSS}, figure{"suspended_ratio", s.Ratio})
	}
	return all
}

// figure returns a figure by its name.
func (rep *report) figure(name string) (float64, bool) {
	for _, f := range rep.figures() {
		if f.name == name {
			return f.value, true
		}
	}
	return 0, false
}

const (
	readmeFile  = "README.md"
	resultsFile = "results.json"
)

// write writes results.json and the table in README.md.
func (rep *report) write(folder string) error {
	object := map[string]any{
		"commit": rep.Machine.Commit, "machine": rep.Machine, "repetitions": rep.Repetitions, "samples": rep.Samples,
	}
	if rep.Suspended != nil {
		object["suspended"] = rep.Suspended
	}
	for _, f := range rep.figures() {
		object[f.name] = f.value
	}
	text, err := json.MarshalIndent(object, "", " ")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, resultsFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return writePart(filepath.Join(folder, readmeFile), tableBegin, tableEnd, rep.table())
}
