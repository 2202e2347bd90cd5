package conformance

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

var validateCases = []testCase{
	{"validate/sample", "sample.toml is a valid configuration, and so is that of the cases.", validateSample},
	{"validate/unknown-key", "A key that Info does not declare is reported by its name.", validateUnknownKey},
	{"validate/all-problems", "Validate reports all problems at once, with their keys.", validateAllProblems},
	{"validate/opens-nothing", "Validate checks a configuration without opening sockets or files.", validateOpensNothing},
	{"validate/changes-nothing", "Validate may be called at any time and answers the same for the same configuration.", validateChangesNothing},
}

// unknown is a key that no plugin has.
const unknown = "no_such_key_of_any_plugin"

func validateSample(t testing.TB, s *subject) {
	c := s.serve(t)
	if err := c.Validate(t.Context(), configOf(s.file(t, "sample.toml"))); err != nil {
		t.Errorf("sample.toml: %v", err)
	}
	if err := c.Validate(t.Context(), s.config(t)); err != nil {
		t.Errorf("configuration of the cases: %v", err)
	}
}

func validateUnknownKey(t testing.TB, s *subject) {
	err := s.serve(t).Validate(t.Context(), configOf(unknown+" = 1\n"+string(s.config(t).TOML)))
	if !names(err, unknown) {
		t.Errorf("a configuration with the key %s: %v", unknown, err)
	}
}

func validateAllProblems(t testing.TB, s *subject) {
	c := s.serve(t)
	for _, w := range s.Wrong {
		err := c.Validate(t.Context(), configOf(w.TOML))
		for _, k := range w.Keys {
			if !names(err, k) {
				t.Errorf("nothing is said about %s in\n%s\nbut: %v", k, w.TOML, err)
			}
		}
		if err == nil && len(w.Keys) == 0 {
			t.Errorf("accepted:\n%s", w.TOML)
		}
		if len(w.Keys) == 0 {
			continue // a text that can not be read to its end
		}
		err = c.Validate(t.Context(), configOf(unknown+" = 1\n"+w.TOML))
		for _, k := range append([]string{unknown}, w.Keys...) {
			if !names(err, k) {
				t.Errorf("beside an unknown key nothing is said about %s, but: %v", k, err)
			}
		}
	}
}

// names reports whether err are problems of which one is about the key, or about something below it.
func names(err error, key string) bool {
	var ps plugin.Problems
	return errors.As(err, &ps) && slices.ContainsFunc(ps, func(p plugin.Problem) bool {
		return p.Key == key || strings.HasPrefix(p.Key, key+".")
	})
}

// validateOpensNothing lets Validate run while the process can open no more descriptors; nothing else of the process should run
// meanwhile.
func validateOpensNothing(t testing.TB, s *subject) {
	p, cfg := s.new(), s.config(t)
	before := descriptors(t)
	want := p.Validate(cfg)
	release := exhaustDescriptors(t)
	got := p.Validate(cfg)
	release()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with no descriptor left Validate says %v, else %v", got, want)
	}
	for fd, what := range descriptors(t) {
		if before[fd] != what {
			t.Errorf("Validate leaves descriptor %s open: %s", fd, what)
		}
	}
}

// descriptors lists what the process has open, where the system tells.
func descriptors(t testing.TB) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, _ := os.ReadDir(dir)
	open := map[string]string{}
	for _, e := range entries {
		if what, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil {
			open[e.Name()] = what
		}
	}
	return open
}

// exhaustDescriptors takes every descriptor that is left, until release is called.
func exhaustDescriptors(t testing.TB) (release func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = min(old.Cur, 1024)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var taken []int
	for {
		fd, err := syscall.Dup(0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	return func() {
		for _, fd := range taken {
			_ = syscall.Close(fd)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
	}
}

func validateChangesNothing(t testing.TB, s *subject) {
	c := s.serve(t)
	cfgs := []plugin.Config{s.config(t)}
	for _, w := range s.Wrong {
		cfgs = append(cfgs, configOf(w.TOML))
	}
	var first []error
	for _, cfg := range cfgs {
		first = append(first, c.Validate(t.Context(), cfg))
	}
	if err := c.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	for i, cfg := range cfgs {
		if err := c.Validate(t.Context(), cfg); !reflect.DeepEqual(err, first[i]) {
			t.Errorf("beside a running configuration Validate says %v, before %v", err, first[i])
		}
	}
}
