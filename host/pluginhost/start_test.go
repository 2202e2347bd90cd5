package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestStartFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		use  string
		toml string
		want []string
	}{
		{"of another kind", "bearer/wrongkind", "", []string{"routing/wrongkind", "not bearer/wrongkind"}},
		{"of another name", "bearer/wrongname", "", []string{"bearer/another"}},
		{"crash at start", "bearer/crash", "", []string{"exit status 3", "no licence found"}},
		{"no handshake", "bearer/mute", "", []string{"not ready within"}},
		{"talks and never serves", "bearer/talks", "", []string{"not ready within", "I am a web server | listening on :80"}},
		{"ends in Configure", "bearer/fine", `last = "no licence found"`, []string{"exit status 3; its last words:", "no licence found", "about to go"}},
		{"hang after the handshake", "bearer/stalled", "", []string{"not ready within"}},
		{"end after the handshake", "bearer/ends", "", []string{"exit status 4"}},
		{"socket elsewhere", "bearer/elsewhere", "", []string{"not on a Unix socket in the folder it was given"}},
		{"newer protocol", "bearer/newer", "", []string{"incompatible API version", "99"}},
		{"hang in describe", "bearer/deaf", "", []string{"describe: no answer within"}},
		{"no such file", "bearer/nosuch", "", []string{"not bundled", "ppgbox-bearer-nosuch"}},
		{"not a plugin", "bearer/script", "", []string{"ppgbox-bearer-script", "I am no plugin"}},
		{"not a program", "bearer/text", "", []string{"ppgbox-bearer-text", "exec format error"}},
		{"not executable", "bearer/data", "", []string{"ppgbox-bearer-data is not executable"}},
		{"bundled and outside", "bearer/echo", "", []string{"bundled and also in the plugin directory"}},
		{"no kind", "carrier/pigeon", "", []string{"want encoder/NAME"}},
		{"a name that leaves the directory", "bearer/../../bin/sh", "", []string{"small letters"}},
		{"wrong configuration", "bearer/fine", "bad = true", []string{"bad: is bad"}},
		{"configuration refused", "bearer/fine", "fail = true", []string{"the peer's name is unknown"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := outside(t, "bearer/wrongkind", "bearer/wrongname", "bearer/crash", "bearer/mute", "bearer/deaf", "bearer/fine",
				"bearer/stalled", "bearer/talks", "bearer/ends", "bearer/elsewhere", "bearer/newer")
			for name, file := range map[string]struct {
				text string
				mode os.FileMode
			}{
				"script": {"#!/bin/sh\necho I am no plugin >&2\necho neither here\n", 0o755}, "text": {"words", 0o755}, "data": {"words", 0o644},
			} {
				// Written by another process: a test that starts one meanwhile would hold the file open (ETXTBSY).
				path := filepath.Join(dir, "ppgbox-bearer-"+name)
				write := exec.Command("sh", "-c", `printf %s "$0" > "$1" && chmod "$2" "$1"`, file.text, path, fmt.Sprintf("%o", file.mode))
				if out, err := write.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			if c.name == "bundled and outside" {
				if err := os.Symlink(self(t), filepath.Join(dir, "ppgbox-bearer-echo")); err != nil {
					t.Fatal(err)
				}
			}
			b := newBench(t, func(o *Options) {
				o.PluginDir = dir
				o.StartTimeout, o.ControlTimeout = 2*time.Second, time.Second
			})
			// The good one must not be left behind.
			err := b.Start(context.Background(), []Instance{{Name: "good", Use: "encoder/echo"}, {Name: "x", Use: c.use, TOML: []byte(c.toml)}})
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range append(c.want, "plugin x") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error says %q, without %q", err, want)
				}
			}
			if left := processes(b.opt.RunDir); len(left) > 0 {
				t.Errorf("processes are left: %v", left)
			}
			if left, _ := filepath.Glob(filepath.Join(b.dir.path, "*")); len(left) > 0 {
				t.Errorf("files are left: %v", left)
			}
			if len(b.List()) != 0 {
				t.Errorf("the list holds %+v", b.List())
			}
			var ps plugin.Problems
			if errors.As(err, &ps) != strings.HasPrefix(c.toml, "bad") {
				t.Errorf("problems: %v", ps)
			}
			if w := b.sink.saidWindows("x"); w != "[]" {
				t.Errorf("windows: %s", w)
			}
		})
	}
}

func TestStartNeedsNames(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, set := range [][]Instance{
		{{Name: "", Use: "bearer/echo"}},
		{{Name: "a b", Use: "bearer/echo"}},
		{{Name: "a", Use: "bearer/echo"}, {Name: "a", Use: "encoder/echo"}},
	} {
		if err := b.Start(context.Background(), set); err == nil {
			t.Errorf("%v started", set)
		}
	}
}

func TestStartIsGivenUpWithTheContext(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/mute") })
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := b.Start(ctx, []Instance{{Name: "x", Use: "bearer/mute"}})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func TestStdoutBeforeTheHandshake(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/chatty") })
	b.start(Instance{Name: "x", Use: "bearer/chatty"})
	eventually(t, "its words in the log", func() bool {
		return b.book.has("hello, I am a plugin", "instance=x", "from=stdout") && b.book.has("xxxx", "octets cut")
	})
}

func TestDescribeAndValidate(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/other", "bearer/crash") })
	ctx := context.Background()
	for range 2 { // the second time from memory
		if i, err := b.Describe(ctx, "bearer/other"); err != nil || i.Name != "other" || i.Version != "1.2.3" {
			t.Errorf("describe: %+v, %v", i, err)
		}
	}
	if n := b.dir.next.Load(); n != 1 {
		t.Errorf("%d processes were started for two descriptions", n)
	}
	if _, err := b.Describe(ctx, "bearer/crash"); err == nil || !strings.Contains(err.Error(), "plugin bearer/crash") {
		t.Errorf("describe: %v", err)
	}
	if err := b.Validate(ctx, "encoder/echo", plugin.Config{TOML: []byte("value = 3")}); err != nil {
		t.Errorf("validate: %v", err)
	}
	err := b.Validate(ctx, "encoder/echo", plugin.Config{TOML: []byte("bad = true\nvalu = 3")})
	var ps plugin.Problems
	if !errors.As(err, &ps) || ps[0].Key != "valu" {
		t.Errorf("validate: %v", err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	dir := outside(t, "bearer/fine")
	fine := filepath.Join(dir, "ppgbox-bearer-fine")
	file := filepath.Join(t.TempDir(), "ppgbox.lock")
	both := []Instance{{Name: "in", Use: "encoder/echo"}, {Name: "out", Use: "bearer/fine"}}
	begin := func(t *testing.T) *bench {
		return newBench(t, func(o *Options) { o.PluginDir, o.LockFile = dir, file })
	}
	ctx := context.Background()

	t.Run("none", func(t *testing.T) {
		b := begin(t)
		b.start(both...)
		if n := strings.Count(b.book.String(), "there is no lock file"); n != 1 {
			t.Errorf("the missing lock file is said %d times", n)
		}
	})
	lines, _, err := WriteLock(file, self(t), dir)
	if err != nil || len(lines) != 2 || lines[0].Name != "ppgbox" || lines[1].Name != "ppgbox-bearer-fine" {
		t.Fatalf("lock: %v, %v", lines, err)
	}
	t.Run("right", func(t *testing.T) {
		b := begin(t)
		b.start(both...)
		b.ask("out", "1", "exit") // and again after a restart
		eventually(t, "a restart", func() bool { return b.status("out").State == StateRunning && b.status("out").Restarts == 1 })
		if b.book.has("there is no lock file") {
			t.Error("the lock file was not found")
		}
	})
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zero := strings.Repeat("0", 64)
	without := func(line Locked) string {
		return strings.Replace(string(good), line.SHA256+"  "+line.Name+"\n", zero+"  "+line.Name+"\n", 1)
	}
	says := func(t *testing.T, err error, words ...string) {
		t.Helper()
		for _, want := range words {
			if err == nil || strings.Count(err.Error(), want) != 1 {
				t.Errorf("the error says %v, want %q once", err, want)
			}
		}
	}
	t.Run("mismatch of the own binary", func(t *testing.T) { // once, and not for every bundled plugin
		write(t, without(lines[0]))
		_, err := New(Options{Self: self(t), Bundled: []string{"encoder/echo", "bearer/echo"}, RunDir: shortDir(t), LockFile: file})
		says(t, err, self(t), zero, lines[0].SHA256)
	})
	t.Run("mismatch of the own binary later", func(t *testing.T) {
		write(t, string(good))
		b := begin(t)
		write(t, without(lines[0]))
		says(t, b.Start(ctx, both), self(t), zero, lines[0].SHA256, "plugin in")
	})
	t.Run("mismatch of the outside plugin", func(t *testing.T) {
		write(t, without(lines[1]))
		says(t, begin(t).Start(ctx, both), fine, zero, lines[1].SHA256, "plugin out")
	})
	t.Run("a plugin that is not in it", func(t *testing.T) {
		write(t, strings.Replace(string(good), lines[1].SHA256+"  "+lines[1].Name, "", 1))
		if err := begin(t).Start(ctx, both); err == nil || !strings.Contains(err.Error(), "is not in the lock file") {
			t.Errorf("start: %v", err)
		}
	})
	t.Run("gone after the start", func(t *testing.T) {
		write(t, string(good))
		b := begin(t)
		b.start(both...)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		b.send("out", "1", "exit")
		eventually(t, "a refused restart", func() bool { return strings.Contains(b.status("out").LastError, "is gone") })
		if o := b.ask("out", "2", "x"); !o.IsReturned() {
			t.Errorf("delivery: %+v", o)
		}
	})
	t.Run("garbage", func(t *testing.T) {
		write(t, string(good)+"words\n")
		if _, err := New(Options{LockFile: file}); err == nil || !strings.Contains(err.Error(), "line 5") {
			t.Errorf("new: %v", err)
		}
	})
}

// What was checked is what runs, even if the file is replaced after the check.
func TestExecutableIsStartedFromTheOpenFile(t *testing.T) {
	t.Parallel()
	dir := outside(t, "bearer/fine")
	b := newBench(t, func(o *Options) { o.PluginDir = dir })
	exe, err := b.open("bearer/fine")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.close()
	path := filepath.Join(dir, "ppgbox-bearer-fine")
	if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte("#!/bin/sh\necho replaced >&2\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
	r, err := b.beginFrom(context.Background(), exe, b.opt.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.end()
	if r.info.Name != "fine" || !exe.changedOnDisk() {
		t.Errorf("%+v, changed: %v", r.info, exe.changedOnDisk())
	}
}

func TestDownErrorsSayWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.RestartMin = time.Hour; o.RestartMax = time.Hour })
	b.start(Instance{Name: "enc", Use: "encoder/echo"})
	_, err := b.encode("enc", "exit")
	var pe *push.Error
	if !errors.As(err, &pe) || !pe.Temporary {
		t.Errorf("the one that killed it: %v", err)
	}
	eventually(t, "the death", func() bool { return b.status("enc").State == StateWaiting })
	_, err = b.encode("enc", "x")
	if !errors.As(err, &pe) || !pe.Temporary || !strings.Contains(err.Error(), "plugin enc (encoder/echo): is waiting") ||
		!strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("the next: %v", err)
	}
}
