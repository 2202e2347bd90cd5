package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// childVariable holds what this binary does instead of its tests: "writer PATH", "full PATH", "migrate
// PATH" or "stopPOINT.EVENT PATH".
const childVariable = "PPGBOX_STORE_CHILD"

// child runs what a test has started this binary for. It returns false in the test's own process.
func child() bool {
	what, path, _ := strings.Cut(os.Getenv(childVariable), " ")
	if what == "" {
		return false
	}
	if what == "migrate" {
		fmt.Println("error", migrateAndDie(path))
		os.Exit(1)
	}
	if strings.HasPrefix(what, "stop") {
		fmt.Println("error", stopAt(what, path))
		os.Exit(1)
	}
	s, err := Open(Options{Path: path, Host: "child", Clock: clock.System()})
	if err == nil {
		_, err = s.Claim(context.Background(), time.Hour)
	}
	if err == nil && what == "writer" {
		writeForever(s)
	} else if err == nil {
		err = fillUp(s)
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	return true
}

func startChild(t *testing.T, what, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // a child that hangs fails its test
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // not the signal that tests wait for
	cmd.Env = append(os.Environ(), childVariable+"="+what+" "+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

func plainPush(s *Store) store.PushAccepted {
	p := &store.Push{ID: s.NextIDs(2), Initiator: "pi"}
	p.PushID = fmt.Sprint(p.ID)
	p.Message.Body = make([]byte, 1000)
	return store.PushAccepted{Push: p, Deliveries: []*store.Delivery{{
		ID: p.ID + 1, Push: p.ID, Lane: p.PushID, Result: store.Result{State: store.Pending},
	}}}
}

func commit(s *Store, events ...store.Event) error {
	answer := make(chan error, 1)
	s.Commit(events, func(err error) { answer <- err })
	return <-answer
}

// writeForever commits from several goroutines and says on standard output what is done: the push's ID, after its delivery
// was finished with "f" before it, and "n" with a number that was handed out and used for nothing.
func writeForever(s *Store) {
	lines := make(chan string)
	for range 8 {
		go func() {
			for {
				e := plainPush(s)
				if err := commit(s, e); err != nil {
					lines <- "error " + err.Error()
					return
				}
				lines <- fmt.Sprint("a ", e.Push.ID)
				if err := commit(s, store.DeliveryFinished{
					Delivery: e.Deliveries[0].ID, Result: store.Result{State: store.Delivered}, Attempts: []store.Attempt{{Number: 1}},
				}); err != nil {
					lines <- "error " + err.Error()
					return
				}
				lines <- fmt.Sprint("f ", e.Push.ID)
				lines <- fmt.Sprint("n ", s.NextIDs(1))
			}
		}()
	}
	for l := range lines {
		// One write for each line: what was written to the pipe is read after the kill.
		_, _ = os.Stdout.WriteString(l + "\n")
	}
}

// fillUp lets writes fail as on a full disk, by a limit of the process's file size: first COMMIT fails, and then, the limit
// lifted, the next one has to succeed.
func fillUp(s *Store) error {
	signal.Ignore(syscall.SIGXFSZ)
	good := plainPush(s)
	if err := commit(s, good); err != nil {
		return err
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		return err
	}
	bad := make([]store.PushAccepted, 20)
	answers := make(chan error, len(bad))
	for i := range bad {
		bad[i] = plainPush(s)
		s.Commit([]store.Event{bad[i]}, func(err error) { answers <- err })
	}
	for range bad {
		err := <-answers
		if err == nil {
			return fmt.Errorf("taken on a full disk")
		}
		if !strings.Contains(err.Error(), s.path) {
			return fmt.Errorf("does not name the file: %w", err)
		}
	}
	ids := map[int64]bool{} // more than one block: none of them may wait for the disk for ever
	for range 3 * idBlock {
		ids[s.NextIDs(1)] = true
	}
	if len(ids) != 3*idBlock {
		return fmt.Errorf("NextIDs repeats itself")
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		return err
	}
	for _, e := range bad {
		if _, err := s.Find(context.Background(), "pi", e.Push.PushID); err == nil {
			return fmt.Errorf("push %d was written half", e.Push.ID)
		}
		if err := commit(s, e); err != nil { // the very same: nothing of it may be in the way
			return err
		}
	}
	after := plainPush(s)
	if err := commit(s, after); err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	s, err := Open(Options{Path: s.path, Host: "child", Clock: clock.System()})
	if err != nil {
		return err
	}
	for _, e := range append(bad, good, after) {
		if _, err := s.Find(context.Background(), "pi", e.Push.PushID); err != nil {
			return err
		}
	}
	if last := after.Deliveries[0].ID; s.NextIDs(1) <= last {
		return fmt.Errorf("numbers up to %d are used, and handed out again", last)
	}
	return s.Close()
}

func TestFullDisk(t *testing.T) {
	cmd, out := startChild(t, "full", t.TempDir()+"/ppgbox.db")
	for out.Scan() {
		t.Log(out.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// What was done before a kill -9 is there after it.
func TestKill(t *testing.T) {
	path := t.TempDir() + "/ppgbox.db"
	states := map[string]store.State{}
	numbers := map[string]bool{}
	for round := range 6 {
		cmd, out := startChild(t, "writer", path)
		lines := 0
		for kill := 40 + round*137; out.Scan(); lines++ {
			kind, id, _ := strings.Cut(out.Text(), " ")
			switch kind {
			case "a":
				if numbers[id] {
					t.Fatalf("number %s was handed out before", id)
				}
				numbers[id] = true
				states[id] = store.Pending
			case "f":
				states[id] = store.Delivered
			case "n":
				if numbers[id] {
					t.Fatalf("number %s was handed out before", id)
				}
				numbers[id] = true
			default:
				t.Fatal(out.Text())
			}
			if lines == kill { // in the middle of some commit; what it still wrote is read on
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait()
		s, err := Open(Options{Path: path, Host: "test", Clock: clock.System()}) // the lock is free
		if err != nil {
			t.Fatal(err)
		}
		for id, state := range states {
			rec, err := s.Find(t.Context(), "pi", id)
			if err != nil {
				t.Fatalf("round %d: push %s was done and is lost: %v", round, id, err)
			}
			d := rec.Deliveries[0]
			if state == store.Delivered && (d.Result.State != state || len(d.Attempts) != 1) {
				t.Fatalf("round %d: the result of push %s was done and is lost", round, id)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		c, err := dial(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := c.value("PRAGMA integrity_check"); err != nil || v != "ok" {
			t.Fatalf("round %d: integrity check: %v, %v", round, v, err)
		}
		if err := c.close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: %d lines, %d pushes", round, lines, len(states))
	}
}
