package pluginhost

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// patience bounds every wait of the tests.
const patience = 15 * time.Second

// eventually polls until ok, and fails the test after patience.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// sink records what bearers report.
type sink struct {
	mu       sync.Mutex
	results  map[string][]push.Outcome // by instance and id
	progress map[string]string
	windows  map[string][]int // without repetition
	whys     map[string]string
}

func newSink() *sink {
	return &sink{results: map[string][]push.Outcome{}, progress: map[string]string{}, windows: map[string][]int{}, whys: map[string]string{}}
}

func (s *sink) Result(in, id string, o push.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[in+" "+id] = append(s.results[in+" "+id], o)
}

func (s *sink) Progress(in, id string, _ uint64, token []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress[in+" "+id] = string(token)
}

func (s *sink) Event(string, push.Event) {}

func (s *sink) Window(in string, n int, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whys[in] = why
	if said := s.windows[in]; len(said) == 0 || said[len(said)-1] != n {
		s.windows[in] = append(said, n)
	}
}

func (s *sink) why(in string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whys[in]
}

func (s *sink) of(in, id string) []push.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.results[in+" "+id]
}

func (s *sink) inProgress() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.progress)
}

func (s *sink) saidWindows(in string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.windows[in])
}

// count returns how many deliveries ended in each way, and fails the test if one ended twice.
func (s *sink) count(t *testing.T) map[push.OutcomeKind]int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[push.OutcomeKind]int{}
	for id, rs := range s.results {
		if len(rs) != 1 {
			t.Errorf("%s has %d results", id, len(rs))
		}
		n[rs[0].Kind]++
	}
	return n
}

// logBook is a log that can be read while it is written.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBook) has(words ...string) bool {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}

// bench is a host with what it reports to.
type bench struct {
	*Host
	t    *testing.T
	sink *sink
	book *logBook
	opt  Options
}

// shortDir makes a directory with a path short enough for sockets.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "pph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// self is the path of the test binary.
func self(t *testing.T) string {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

// outside puts plugins into a plugin directory.
func outside(t *testing.T, uses ...string) string {
	dir := t.TempDir()
	for _, use := range uses {
		name := outsidePrefix + strings.Replace(use, "/", "-", 1)
		if err := os.Symlink(self(t), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newBench makes a quick host with the bundled plugins bearer/echo, encoder/echo and routing/echo. When the test ends it is
// stopped, and no process and no file may be left.
func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, sink: newSink(), book: &logBook{}}
	b.opt = Options{
		Self: self(t), Bundled: []string{"bearer/echo", "encoder/echo", "routing/echo"}, RunDir: shortDir(t),
		Log:    hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: b.book}),
		Bearer: b.sink,

		HealthEvery: 100 * time.Millisecond, HealthTimeout: patience, // a busy machine is no hanging plugin
		RestartMin: 10 * time.Millisecond, RestartMax: 200 * time.Millisecond,
	}
	if change != nil {
		change(&b.opt)
	}
	h, err := New(b.opt)
	if err != nil {
		t.Fatal(err)
	}
	b.Host = h
	t.Cleanup(func() {
		h.Stop(context.Background())
		if left := processes(b.opt.RunDir); len(left) > 0 {
			t.Errorf("processes are left: %v", left)
		}
		if left, _ := filepath.Glob(filepath.Join(b.opt.RunDir, "*")); len(left) > 0 {
			t.Errorf("files are left: %v", left)
		}
		if t.Failed() {
			t.Logf("the log:\n%s", b.book)
		}
	})
	return b
}

func (b *bench) start(set ...Instance) {
	b.t.Helper()
	if err := b.Start(context.Background(), set); err != nil {
		b.t.Fatal(err)
	}
}

// send hands a delivery over, with what the bearer is to do.
func (b *bench) send(in, id, word string) {
	b.Deliver(in, push.Delivery{ID: id, Lane: "l", Timeout: time.Minute, Message: push.Message{Body: []byte(word)}})
}

// ask has a bearer do something and returns its answer.
func (b *bench) ask(in, id, word string) push.Outcome {
	b.t.Helper()
	b.send(in, id, word)
	eventually(b.t, "an answer to "+id, func() bool { return len(b.sink.of(in, id)) > 0 })
	return b.sink.of(in, id)[0]
}

// encode asks an encoder and waits.
func (b *bench) encode(in, word string) (string, error) {
	type answer struct {
		m   push.Message
		err error
	}
	done := make(chan answer, 1)
	b.Encode(in, push.EncodeRequest{Message: push.Message{Body: []byte(word)}}, patience, func(m push.Message, err error) { done <- answer{m, err} })
	a := <-done
	return string(a.m.Body), a.err
}

func (b *bench) status(in string) Status {
	for _, s := range b.List() {
		if s.Name == in {
			return s
		}
	}
	return Status{}
}

// processes lists the plugin processes whose sockets are under runDir, as numbers.
func processes(runDir string) []string {
	var list []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte("PLUGIN_UNIX_SOCKET_DIR="+runDir+"/")) {
			list = append(list, filepath.Base(filepath.Dir(path)))
		}
	}
	return list
}

// stateOf returns the state of a process in the letters of proc(5), "" if there is none.
func stateOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))[0]
}

// alive says whether a process is there and not a zombie.
func alive(pid int) bool {
	s := stateOf(pid)
	return s != "" && s != "Z" && s != "X"
}
