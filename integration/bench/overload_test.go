//go:build linux

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
)

// TestOverload is the overload run in a few seconds. What it says of memory means nothing; it fails when an accepted push is
// lost, when more is pending than the limit says, and when the Push Initiator is not told.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a gateway")
	}
	binary, err := box.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o, err := (&bench{binary: binary}).overload(overloadPlan{duration: 4 * time.Second, pending: 500, closedLoop: 2000, connections: 128})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.kept(); err != nil {
		t.Error(err)
	}
	if o.Accepted < o.Limit || len(o.Samples) < 3 || o.Samples[0].rss() < 10 || o.Filled == 0 || o.LogBytes == 0 {
		t.Errorf("no figures: %+v", o)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, readmeFile), []byte("before\n"+overloadBegin+"old\n"+overloadEnd+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.write(folder); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(folder, readmeFile))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(readme); !strings.HasPrefix(s, "before\n") || !strings.HasSuffix(s, "after\n") || strings.Contains(s, "old") || !strings.Contains(s, plotFile) {
		t.Errorf("README:\n%s", s)
	}
	plot, err := os.Open(filepath.Join(folder, plotFile))
	if err != nil {
		t.Fatal(err)
	}
	defer plot.Close()
	lines := 0
	for d := xml.NewDecoder(plot); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			lines++
		}
	}
	if want := 1 + len(o.Samples[0].RSS) + 3; lines != want {
		t.Errorf("%d lines in the plot, want %d", lines, want)
	}
}

func TestSlope(t *testing.T) {
	points := func(values ...float64) []overloadPoint {
		var all []overloadPoint
		for i, v := range values {
			all = append(all, overloadPoint{At: float64(i), RSS: map[string]float64{"a": v / 2, "b": v / 2}})
		}
		return all
	}
	for _, test := range []struct {
		name   string
		points []overloadPoint
		want   float64
	}{
		{"none", nil, 0},
		{"flat", points(5, 5, 5, 5), 0},
		{"grows", points(10, 13, 16, 19), 3},
		{"shrinks, with noise", points(10, 9, 9, 8), -0.6},
	} {
		if got := slope(test.points); math.Abs(got-test.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// What a run did not keep is said.
func TestOverloadKept(t *testing.T) {
	good := func() *overload {
		return &overload{
			Limit: 10, MostPending: 10, Accepted: 20, Delivered: 20, Refused: 5,
			FirstRefusal: "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n",
		}
	}
	if err := good().kept(); err != nil {
		t.Errorf("a good run: %v", err)
	}
	for name, spoil := range map[string]func(*overload){
		"a lost push":           func(o *overload) { o.Lost = 1 },
		"a garbled push":        func(o *overload) { o.Garbled = 1 },
		"a segment twice":       func(o *overload) { o.Duplicates = 1 },
		"no answer":             func(o *overload) { o.Broken = 1 },
		"delivered too few":     func(o *overload) { o.Delivered = 19 },
		"nothing refused":       func(o *overload) { o.Refused = 0 },
		"beyond the limit":      func(o *overload) { o.MostPending = 11 },
		"another status":        func(o *overload) { o.FirstRefusal = "HTTP/1.1 500 x\r\nRetry-After: 5\r\n" },
		"without a Retry-After": func(o *overload) { o.FirstRefusal = "HTTP/1.1 503 x\r\n" },
	} {
		o := good()
		spoil(o)
		if o.kept() == nil {
			t.Errorf("%s: not said", name)
		}
	}
}
