package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestReloadTouchesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	keep := Instance{Name: "keep", Use: "bearer/echo", TOML: []byte("value = 1")}
	enc := Instance{Name: "enc", Use: "encoder/echo", TOML: []byte("value = 1")}
	gone := Instance{Name: "gone", Use: "bearer/echo"}
	b.start(keep, enc, gone)
	before := map[string]int{}
	for _, s := range b.List() {
		before[s.Name] = s.PID
	}
	enc.TOML = []byte("value = 2")
	fresh := Instance{Name: "fresh", Use: "bearer/echo", TOML: []byte("value = 3")}
	notes, err := b.Reload(t.Context(), []Instance{fresh, enc, keep})
	if err != nil || len(notes) != 0 {
		t.Fatalf("reload: %v, %v", notes, err)
	}
	if s := b.status("keep"); s.PID != before["keep"] || s.State != StateRunning {
		t.Errorf("keep was touched: %+v", s)
	}
	if s := b.status("enc"); s.PID == before["enc"] || alive(before["enc"]) {
		t.Errorf("enc was not replaced: %+v", s)
	}
	if got, err := b.encode("enc", "value"); got != "2" || err != nil {
		t.Errorf("enc has value %s, %v", got, err)
	}
	if o := b.ask("fresh", "1", "value"); o.Text != "3" {
		t.Errorf("fresh: %+v", o)
	}
	if alive(before["gone"]) || len(b.List()) != 3 {
		t.Errorf("gone is still there: %+v", b.List())
	}
	if o := b.ask("gone", "1", "x"); !o.IsReturned() {
		t.Errorf("gone: %+v", o)
	}
}

func TestReloadThatDoesNotValidateChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/crash") })
	sms := Instance{Name: "sms", Use: "bearer/echo", TOML: []byte("value = 1")}
	enc := Instance{Name: "enc", Use: "encoder/echo"}
	b.start(sms, enc)
	eventually(t, "their windows", func() bool { return b.status("sms").Window > 0 && b.status("enc").Window > 0 })
	before := fmt.Sprint(b.List())
	changed := Instance{Name: "sms", Use: "bearer/echo", TOML: []byte("value = 2")}
	for name, set := range map[string][]Instance{
		"bad configuration":     {changed, {Name: "enc", Use: "encoder/echo", TOML: []byte("bad = true")}},
		"refused by an encoder": {changed, {Name: "enc", Use: "encoder/echo", TOML: []byte("fail = true")}},
		"crash":                 {changed, enc, {Name: "x", Use: "bearer/crash"}},
		"unknown plugin":        {changed, enc, {Name: "x", Use: "bearer/nosuch"}},
		"a name twice":          {changed, changed},
	} {
		if _, err := b.Reload(t.Context(), set); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after := fmt.Sprint(b.List()); after != before {
			t.Errorf("%s changed %s to %s", name, before, after)
		}
	}
	if n := len(processes(b.opt.RunDir)); n != 2 {
		t.Errorf("%d processes, want 2", n)
	}
	if o := b.ask("sms", "1", "value"); o.Text != "1" {
		t.Errorf("sms: %+v", o)
	}
}

// No question is lost while an encoder is replaced.
func TestReloadOfAnEncoderUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	enc := Instance{Name: "enc", Use: "encoder/echo"}
	b.start(enc)
	stop, result := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				result <- nil
				return
			default:
			}
			if _, err := b.encode("enc", "x"); err != nil {
				result <- fmt.Errorf("question %d: %w", i, err)
				return
			}
		}
	}()
	for i := range 3 {
		enc.TOML = fmt.Appendf(nil, "value = %d", i)
		if _, err := b.Reload(t.Context(), []Instance{enc}); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// What a bearer holds exclusively is free before its successor wants it, also under another name.
func TestReloadOfABearer(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.DrainTimeout = 300 * time.Millisecond })
	config := fmt.Sprintf("exclusive = %q", filepath.Join(t.TempDir(), "port"))
	b.start(Instance{Name: "sms", Use: "bearer/echo", TOML: []byte(config)})
	b.send("sms", "held", "hold")
	b.send("sms", "air", "silent")
	eventually(t, "a delivery at the plugin", func() bool { return b.sink.inProgress() == 1 })

	notes, err := b.Reload(t.Context(), []Instance{{Name: "sms", Use: "bearer/echo", TOML: []byte(config + "\nvalue = 2")}})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "plugin sms (bearer/echo) was ended with 1 items in flight") {
		t.Errorf("reload: %q, %v", notes, err)
	}
	if rs := b.sink.of("sms", "held"); len(rs) != 1 || !rs[0].IsReturned() {
		t.Errorf("what was not on the air: %+v", rs)
	}
	if rs := b.sink.of("sms", "air"); len(rs) != 1 || rs[0].Kind != push.OutcomeUnknown {
		t.Errorf("what was on the air: %+v", rs)
	}
	if o := b.ask("sms", "1", "value"); o.Text != "2" {
		t.Errorf("its successor: %+v", o)
	}
	notes, err = b.Reload(t.Context(), []Instance{{Name: "renamed", Use: "bearer/echo", TOML: []byte(config)}})
	if err != nil || len(notes) != 0 {
		t.Errorf("reload: %q, %v", notes, err)
	}
	if o := b.ask("renamed", "1", "value"); o.Text != "0" {
		t.Errorf("the renamed: %+v", o)
	}
	if why := b.sink.why("sms"); why != whyStopped {
		t.Errorf("the gone one takes nothing because %q", why)
	}
	if w := b.sink.saidWindows("sms"); w != "[1000 0 1000 0]" {
		t.Errorf("windows: %s", w)
	}
}

// A bearer whose successor can not take its configuration into use is said and tried again.
func TestReloadOfABearerThatIsRefusedLate(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	notes, err := b.Reload(t.Context(), []Instance{{Name: "sms", Use: "bearer/echo", TOML: []byte("fail = true")}})
	var down *NotUpError
	if !errors.As(err, &down) || down.Instances["sms"] == nil || len(down.Instances) != 1 || len(notes) != 0 {
		t.Fatalf("reload: %q, %v", notes, err)
	}
	for _, want := range []string{"the new configuration is in use, but plugin sms did not come up", "the peer's name is unknown", "tried again"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error says %q, without %q", err, want)
		}
	}
	if why := b.sink.why("sms"); !strings.Contains(why, "the peer's name is unknown") {
		t.Errorf("the sink heard %q", why)
	}
	if s := b.status("sms"); s.Window != 0 || !strings.Contains(s.Reason, "the peer's name is unknown") {
		t.Errorf("status: %+v", s)
	}
	eventually(t, "another try", func() bool { return b.status("sms").Restarts > 0 })
	if o := b.ask("sms", "1", "x"); !o.IsReturned() {
		t.Errorf("delivery: %+v", o)
	}
}

func TestReloadSaysThatAFileHasChanged(t *testing.T) {
	t.Parallel()
	dir := outside(t, "bearer/fine")
	b := newBench(t, func(o *Options) { o.PluginDir = dir })
	set := []Instance{{Name: "sms", Use: "bearer/fine"}}
	b.start(set...)
	if notes, err := b.Reload(t.Context(), set); len(notes) != 0 || err != nil {
		t.Errorf("unchanged: %q, %v", notes, err)
	}
	path := filepath.Join(dir, "ppgbox-bearer-fine")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("new"), 0o755); err != nil {
		t.Fatal(err)
	}
	if notes, err := b.Reload(t.Context(), set); len(notes) != 1 || !strings.Contains(notes[0], path) || err != nil {
		t.Errorf("changed: %q, %v", notes, err)
	}
}
