package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// A copy that is made while eight goroutines write has all that was committed before, and no call by halves.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	claim(t, s)
	var before []store.PushAccepted
	for range 300 {
		e := plainPush(s)
		mustCommit(t, s, e)
		before = append(before, e)
	}
	var stop atomic.Bool
	var wait sync.WaitGroup
	var after [8][]store.PushAccepted
	for i := range after {
		wait.Go(func() {
			for !stop.Load() {
				e := plainPush(s)
				// Both or none are in the copy.
				err := commit(s, e, store.DeliveryFinished{Delivery: e.Deliveries[0].ID, Result: store.Result{State: store.Delivered}})
				if err != nil {
					t.Error(err)
					return
				}
				after[i] = append(after[i], e)
			}
		})
	}
	paths := []string{filepath.Join(dir, "one copy?.db"), filepath.Join(dir, "two.db")}
	for _, path := range paths {
		if err := s.Backup(t.Context(), path); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	wait.Wait()
	if err := s.Backup(t.Context(), paths[0]); !errors.Is(err, os.ErrExist) {
		t.Errorf("onto a file that is there: %v", err)
	}
	mustClose(t, s)
	if err := s.Backup(t.Context(), filepath.Join(dir, "three.db")); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		if v, err := second(t, path).value("PRAGMA integrity_check"); err != nil || v != "ok" {
			t.Errorf("integrity check: %v, %v", v, err)
		}
		restored, err := Open(Options{Path: path, Host: "test", Clock: clock.System()})
		if err != nil {
			t.Fatal(err)
		}
		claim(t, restored)
		for _, e := range before {
			if _, err := restored.Find(t.Context(), "pi", e.Push.PushID); err != nil {
				t.Fatal(err)
			}
		}
		whole := 0
		for _, list := range after {
			for _, e := range list {
				rec, err := restored.Find(t.Context(), "pi", e.Push.PushID)
				switch {
				case errors.Is(err, store.ErrNotFound):
				case err != nil:
					t.Fatal(err)
				case rec.Deliveries[0].Result.State != store.Delivered:
					t.Fatalf("push %d is there by halves", e.Push.ID)
				default:
					whole++
				}
			}
		}
		t.Logf("%d of those written beside it are in %s", whole, filepath.Base(path))
		mustCommit(t, restored, plainPush(restored))
		mustClose(t, restored)
	}
}

func TestBackupFails(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	defer mustClose(t, s)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		path string
		want error
	}{
		{"no such folder", t.Context(), filepath.Join(dir, "nowhere", "copy.db"), os.ErrNotExist},
		{"itself", t.Context(), s.path, os.ErrExist},
		{"ended context", ended, filepath.Join(dir, "copy.db"), context.Canceled},
	} {
		if err := s.Backup(c.ctx, c.path); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if _, err := os.Stat(c.path + ".part"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: it left something: %v", c.name, err)
		}
	}
	if err := s.vacuumInto(ended, filepath.Join(dir, "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("copy with an ended context: %v", err)
	}
}
