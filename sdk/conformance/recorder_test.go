package conformance

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is a testing.TB whose failures are kept and fail nothing.
type recorder struct {
	testing.TB
	name string
	only string // the prefix of the cases to run

	mu     *sync.Mutex
	log    map[string][]string // by case
	failed map[string]bool
}

func newRecorder(t testing.TB, only string) *recorder {
	return &recorder{TB: t, only: only, mu: &sync.Mutex{}, log: map[string][]string{}, failed: map[string]bool{}}
}

// Run runs f like a subtest; it may end its goroutine.
func (r *recorder) Run(name string, f func(testing.TB)) bool {
	if !strings.HasPrefix(name, r.only) {
		return true
	}
	sub := &recorder{TB: r.TB, name: name, mu: r.mu, log: r.log, failed: r.failed}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(sub)
	}()
	<-done
	return !sub.Failed()
}

func (r *recorder) failures() []string {
	var names []string
	for n := range r.failed {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (r *recorder) note(fail bool, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log[r.name] = append(r.log[r.name], text)
	if fail {
		r.failed[r.name] = true
	}
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed[r.name]
}

func (r *recorder) Helper()                   {}
func (r *recorder) Log(a ...any)              { r.note(false, fmt.Sprint(a...)) }
func (r *recorder) Logf(f string, a ...any)   { r.note(false, fmt.Sprintf(f, a...)) }
func (r *recorder) Error(a ...any)            { r.note(true, fmt.Sprint(a...)) }
func (r *recorder) Errorf(f string, a ...any) { r.note(true, fmt.Sprintf(f, a...)) }
func (r *recorder) Fatal(a ...any)            { r.Error(a...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, a ...any) { r.Errorf(f, a...); runtime.Goexit() }
func (r *recorder) Skip(a ...any)             { r.Log(a...); runtime.Goexit() }

// together runs what mostly waits at the same time, each with a recorder for the cases of a prefix.
func together(t *testing.T, only string, n int, f func(i int, rec *recorder)) []*recorder {
	var running sync.WaitGroup
	recs := make([]*recorder, n)
	for i := range recs {
		recs[i] = newRecorder(t, only)
		running.Go(func() { f(i, recs[i]) })
	}
	running.Wait()
	return recs
}

// mustFail checks that exactly the wanted cases failed, and that each says its rule.
func (r *recorder) mustFail(t *testing.T, want ...string) {
	t.Helper()
	if got := r.failures(); !slices.Equal(got, want) {
		t.Errorf("failed: %v, want %v", got, want)
	}
	for n := range r.failed {
		text := strings.Join(r.log[n], "\n")
		t.Logf("%s:\n%s", n, text)
		if !strings.Contains(text, "the rule of this case: ") {
			t.Errorf("%s does not say its rule", n)
		}
	}
}
