//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestTerminalOf(t *testing.T) {
	for _, n := range []int{0, 7, 99_999, 12_345_678} {
		if got := terminalOf(imsiOf(n)); got != n || len(imsiOf(n)) != 15 {
			t.Errorf("the IMSI of %d is %s, that of %d", n, imsiOf(n), got)
		}
	}
	for _, imsi := range []string{"", "24491", "244920000000001", "24491000000000x", "2449100000000011"} {
		if got := terminalOf(push.IMSI(imsi)); got != -1 {
			t.Errorf("%q is the IMSI of %d", imsi, got)
		}
	}
}

// Each push counts once, when it first came, and only with what was sent to its terminal.
func TestArrivals(t *testing.T) {
	a := newArrivals(3)
	carried := carrier(func(payload []byte) (int, bool) { return int(payload[0]), len(payload) == 1 })
	a.carried.Store(&carried)
	deliver := func(terminal int, after time.Duration, payload ...byte) {
		a.note(sgsn.Event{Kind: sgsn.Delivered, IMSI: imsiOf(terminal), At: a.began.Add(after), Datagram: sgsn.Datagram{Payload: payload}})
	}
	deliver(0, time.Second, 0)
	deliver(0, 2*time.Second, 0)  // again
	deliver(1, time.Second, 0)    // of another terminal
	deliver(2, time.Second, 2, 2) // not what was sent
	deliver(9, time.Second, 9)    // nobody
	a.note(sgsn.Event{Kind: sgsn.Stray})
	a.note(sgsn.Event{Kind: sgsn.Garbled})
	a.note(sgsn.Event{Kind: sgsn.Activated})
	for what, got := range map[string][2]int64{
		"arrived":   {a.arrived.Load(), 3},
		"again":     {a.again.Load(), 1},
		"garbled":   {a.garbled.Load(), 3},
		"strays":    {a.strays.Load(), 2},
		"activated": {a.activated.Load(), 1},
		"at":        {a.at[0].Load(), int64(time.Second)},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d, want %d", what, got[0], got[1])
		}
	}
}

// A run that did not show what it was to show says so.
func TestActivationsKept(t *testing.T) {
	good := activationRun{Pushes: 10, Accepted: 10, Contexts: 10, Above: mostAbove, OnlineCPU: mostOnlineCPU}
	for _, test := range []struct {
		name string
		bad  func(*activationRun)
		says string
	}{
		{"all is well", func(*activationRun) {}, ""},
		{"one lost", func(a *activationRun) { a.Lost = 1 }, "1 lost"},
		{"one lost to a context", func(a *activationRun) { a.OnlineLost = 1 }, "1 lost to contexts"},
		{"one refused", func(a *activationRun) { a.Accepted = 9 }, "9 of 10"},
		{"a context is missing", func(a *activationRun) { a.Contexts = 9 }, "9 contexts"},
		{"late", func(a *activationRun) { a.Above++ }, "above the exchanges"},
		{"costly", func(a *activationRun) { a.OnlineCPU++ }, "a push to a context"},
	} {
		a := good
		test.bad(&a)
		err := a.kept()
		if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
		if table := a.table(); !strings.Contains(table, "| p99 above the exchanges |") {
			t.Errorf("%s: the table is\n%s", test.name, table)
		}
	}
}

// TestActivationsQuick makes a run from each end, with few pushes. It says nothing about speed; it fails when a push is lost, comes twice
// or is not what was pushed, or when a context is missing.
func TestActivationsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a gateway and a push GGSN")
	}
	binary := os.Getenv("PPGBOX_TEST_BINARY")
	if binary == "" {
		var err error
		if binary, err = box.Build(t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{fromPOST, fromNode} {
		plan := activationPlan{rate: 200, pushes: 50, hlr: 20 * time.Millisecond, sgsn: 50 * time.Millisecond, online: 50, onlineRate: 200, from: from}
		a, err := (&bench{binary: binary}).activations(plan)
		if err != nil {
			t.Fatal(err)
		}
		if a.Accepted != 50 || a.Contexts != 50 || a.Lost+a.Again+a.Garbled+a.OnlineLost != 0 {
			t.Errorf("from %s: %+v", from, a)
		}
		if a.ToTunnel.P50 < a.Exchanges || a.Activated != 50 || a.Memory["after"] <= 0 || a.OnlineCPU < 0 {
			t.Errorf("from %s: no figures: %+v", from, a)
		}
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, readmeFile), readme, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := a.write(folder); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(folder, readmeFile))
		if err != nil || !strings.Contains(string(text), a.table()) {
			t.Errorf("from %s: the table is not in the written %s: %v", from, readmeFile, err)
		}
	}
}
