package ggsn

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func TestNextRestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "counter")
	for want := range 258 { // it comes around
		got, err := nextRestart(file)
		if err != nil || got != uint8(want+1) {
			t.Fatalf("start %d: counter %d, %v", want+1, got, err)
		}
		if text, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(text)) == "" {
			t.Fatalf("the file holds %q, %v", text, err)
		}
	}
	for _, text := range []string{"", "abc", "256", "-1"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := nextRestart(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("of %q it makes %d, %v", text, got, err)
		}
		if kept, _ := os.ReadFile(file); string(kept) != text {
			t.Errorf("%q became %q", text, kept)
		}
	}
	if _, err := nextRestart(filepath.Join(file, "below")); err == nil {
		t.Error("a counter that can not be written is used")
	}
}

// After a restart peers see another counter, and the contexts are gone as they are told.
func TestRestart(t *testing.T) {
	p := newPeer(t)
	file := p.configuration()
	g := p.start(file, clock.System())
	first := p.ask(0, new(gtp.EchoRequest)).Message.(*gtp.EchoResponse).Recovery
	control := *p.up(p.create(imsi2)).TEIDControl
	g.close()
	p.start(file, clock.System())
	if again := p.ask(0, new(gtp.EchoRequest)).Message.(*gtp.EchoResponse).Recovery; again != first+1 {
		t.Errorf("the counter is %d after %d", again, first)
	}
	if r := p.ask(control, p.updateOf()).Message.(*gtp.UpdatePDPContextResponse); r.Cause != gtp.CauseNonExistent {
		t.Errorf("a context of before is answered with %v", r.Cause)
	}
	p.up(p.create(imsi2))
}
