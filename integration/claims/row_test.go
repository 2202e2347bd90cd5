//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// after is a record of a push that was shown and told of so many seconds of the experiment after it was accepted; negative: never.
func after(c cell, shown, forEver, told float64, state string, tries int) *record {
	begin := time.Unix(1000, 0)
	at := func(s float64) time.Time {
		if s < 0 {
			return time.Time{}
		}
		return begin.Add(time.Duration(s / 10 * float64(time.Second)))
	}
	return &record{cell: c, accepted: begin, shown: [2]time.Time{at(shown), at(forEver)}, told: at(told), state: state, tries: tries}
}

func TestRow(t *testing.T) {
	c := cell{2, 10, false}
	records := []*record{
		after(c, 4, 4, 5, "delivered", 2),
		after(c, 70, 70, 71, "delivered", 3),
		after(c, -1, 400, 401, "delivered", 5),
		after(c, -1, -1, 7200, "expired", 10),
		after(c, 30, 30, 31, "undeliverable", 2),
		after(c, 9000, 9000, 7300, "timeout", 2),
	}
	r := newRow(stored60, c, "5m", records, 10)
	if r.N != 6 || r.Success != 3./6 || r.InWindow != 2./6 || r.SubmitsPerPush != 24./6 {
		t.Errorf("got %+v", r)
	}
	if r.FalselyDelivered != 1 || r.FalselyFailed != 1 || r.Uncertain != 1 {
		t.Errorf("falsely delivered %d, falsely failed %d, uncertain %d", r.FalselyDelivered, r.FalselyFailed, r.Uncertain)
	}
	if r.P50 != 70 || !math.IsInf(float64(r.P95), 1) || r.ToldP50 != seconds(math.Inf(1)) {
		t.Errorf("p50 %v, p95 %v, told p50 %v", r.P50, r.P95, r.ToldP50)
	}
	if r := newRow(stored60, c, forEver, records, 10); r.Success != 4./6 || r.FalselyDelivered != 0 || r.P50 != 70 || r.ToldP50 != 401 {
		t.Errorf("for ever: %+v", r)
	}
	// A transaction has the window and no more.
	if r := newRow(integrated, c, "any", records, 10); r.Success != 2./6 || r.P50 != seconds(math.Inf(1)) {
		t.Errorf("transaction: %+v", r)
	}
}

func TestExpect(t *testing.T) {
	c := cell{1, 20, false}
	r := &row{Arm: integrated, Memory: "any", Segments: 1, Loss: 0.2, N: 1000, Success: 0.9}
	if r.expect(c, 1000); r.Inside || r.ExpectedBy != "closed form" {
		t.Errorf("900 of 1000 are inside: %+v", r)
	}
	r.Success = 1
	if r.expect(c, 1000); !r.Inside {
		t.Errorf("1000 of 1000 are not inside: %+v", r)
	}
}

func TestQuantile(t *testing.T) {
	sorted := []float64{1, 2, 3, math.Inf(1)}
	for share, want := range map[float64]float64{0.01: 1, 0.25: 1, 0.5: 2, 0.75: 3, 0.76: math.Inf(1), 1: math.Inf(1)} {
		if got := quantile(sorted, share); got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
}

// A run writes results that others can read, pictures that are XML, and its part of the README; the rest of that stays.
func TestWrite(t *testing.T) {
	rep := &report{Date: time.Now(), Compression: map[arm]float64{}, Pushes: 1, Took: map[arm]time.Duration{}}
	for _, a := range allArms {
		rep.Took[a] = time.Second
		for _, c := range allCells() {
			for _, memory := range a.memories() {
				r := newRow(a, c, memory, []*record{after(c, 4, 4, 5, "delivered", 2), after(c, -1, 400, 500, "delivered", 3)}, 10)
				r.expect(c, 10)
				rep.Rows = append(rep.Rows, r)
			}
		}
	}
	folder := t.TempDir()
	if err := rep.write(folder); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("without a README: %v", err)
	}
	readme := filepath.Join(folder, readmeFile)
	for _, before := range []string{"# Claims\n\n" + figuresBegin + "former\n" + figuresEnd + "\nAfter.\n", "# Claims\n"} {
		if err := os.WriteFile(readme, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := rep.write(folder)
		text, readErr := os.ReadFile(readme)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if !strings.Contains(before, figuresBegin) {
			if err == nil || string(text) != before {
				t.Errorf("a README without a place for the figures: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if s := string(text); !strings.HasPrefix(s, "# Claims\n") || !strings.HasSuffix(s, "\nAfter.\n") || strings.Contains(s, "former") || !strings.Contains(s, "| goal") {
			t.Errorf("README:\n%s", s)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Arm      string   `json:"arm"`
		Segments int      `json:"segments"`
		Loss     float64  `json:"loss"`
		Success  *float64 `json:"success"`
		P50      *float64 `json:"p50_s"`
		P95      *float64 `json:"p95_s"`
		P99      *float64 `json:"p99_s"`
		Submits  *float64 `json:"submits_per_push"`
		N        int      `json:"n"`
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(rep.Rows) {
		t.Fatalf("%d rows, want %d", len(rows), len(rep.Rows))
	}
	if r := rows[0]; r.Arm != "integrated" || r.Segments != 1 || *r.Success != 0.5 || *r.P50 != 4 || r.P95 != nil || *r.Submits != 2.5 || r.N != 2 {
		t.Errorf("first row %+v", r)
	}
	for _, p := range rep.plots() {
		text, err := os.ReadFile(filepath.Join(folder, p.file))
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(string(text)))
		for err == nil {
			_, err = d.Token()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", p.file, err)
		}
		if strings.Contains(string(text), "NaN") || strings.Contains(string(text), "Inf") {
			t.Errorf("%s has coordinates that are none", p.file)
		}
	}
}
