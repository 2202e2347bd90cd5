//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/peers"
)

// TestQuick runs every part of the bench against both gateways. It says nothing about speed; it fails when a push is lost, comes
// twice or is not what was pushed.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("starts gateways")
	}
	peers.Need(t, peers.TestPPG) // Debian installs Kannel with it
	binary, err := box.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := quickMatrix()
	rep, err := m.run(&bench{binary: binary})
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Samples) != len(m.rows) {
		t.Errorf("%d samples of %d rows", len(rep.Samples), len(m.rows))
	}
	for _, s := range rep.Samples {
		if s.Accepted != s.Row.Pushes || s.Complete != s.Row.Pushes || s.Lost+s.Garbled+s.Duplicates+s.Broken != 0 {
			t.Errorf("%s: %+v", s.Row, s)
		}
		if s.Row.Notified && s.Notified != s.Row.Pushes {
			t.Errorf("%s: %d result notifications for %d pushes", s.Row, s.Notified, s.Row.Pushes)
		}
		if s.CPU <= 0 || s.Peak <= 0 || s.Generator <= 0 || s.Submit.P50 < s.Answer.P50/10 {
			t.Errorf("%s: no figures: %+v", s.Row, s)
		}
	}
	if s := rep.Suspended; s.OnTheWire != m.suspended || s.Lost != 0 || s.RSS == 0 {
		t.Errorf("suspended: %+v", s)
	}
	folder := t.TempDir()
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, readmeFile), readme, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := rep.write(folder); err != nil {
		t.Fatal(err)
	}
	results, err := os.ReadFile(filepath.Join(folder, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"commit", "samples", "kannel2_3seg_16", "ppgbox_1seg_16_offered_1000_p50_ms", "suspended_rss_mib"} {
		if !strings.Contains(string(results), "\n \""+key+"\":") {
			t.Errorf("results.json has no %s", key)
		}
	}
}
