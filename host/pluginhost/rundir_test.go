package pluginhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunDirIsSwept(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(shortDir(t), "run") // made if need be
	a, err := newRunDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	// What a killed host leaves: a folder that nobody holds. And what is none of ours.
	for _, name := range []string{"ppgbox-12345/1", "ppgbox-data", "other"} {
		if err := os.MkdirAll(filepath.Join(parent, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	b, err := newRunDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{a.path: true, b.path: true, "ppgbox-12345": false, "ppgbox-data": true, "other": true} {
		if !filepath.IsAbs(name) {
			name = filepath.Join(parent, name)
		}
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if st, err := os.Stat(a.path); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	for _, d := range []*runDir{a, b} {
		if err := d.remove(); err != nil {
			t.Error(err)
		}
	}
}

func TestRunDirTooLongForSockets(t *testing.T) {
	t.Parallel()
	longest := maxSocketPath - socketNameSize - 10 - len(runDirPrefix) - 1
	base := shortDir(t)
	for extra, ok := range map[int]bool{0: true, 1: false} {
		dir := filepath.Join(base, strings.Repeat("x", longest-len(base)-1+extra))
		h, err := New(Options{RunDir: dir})
		if (err == nil) != ok {
			t.Errorf("%d octets: %v", len(dir), err)
		}
		if err != nil && !strings.Contains(err.Error(), "is 1 octets too long") {
			t.Errorf("%v", err)
		}
		if h != nil {
			h.Stop(t.Context())
		}
	}
}

// A plugin starts under the longest path that is let through.
func TestLongestRunDirHoldsASocket(t *testing.T) {
	t.Parallel()
	longest := maxSocketPath - socketNameSize - 10 - len(runDirPrefix) - 1
	b := newBench(t, func(o *Options) {
		o.RunDir = filepath.Join(o.RunDir, strings.Repeat("x", longest-len(o.RunDir)-1))
	})
	b.dir.next.Store(999_997)
	b.start(Instance{Name: "a", Use: "encoder/echo"}, Instance{Name: "b", Use: "encoder/echo"}, Instance{Name: "c", Use: "encoder/echo"})
}
