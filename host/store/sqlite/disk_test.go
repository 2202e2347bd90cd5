package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// TestDiskFails lets the disk of a store that is in use fail, and then work again. What fails is the log: its descriptors are
// put in the place of others, for which a write or a sync returns the error.
func TestDiskFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		other string // file that is opened instead, "" for the log itself
		flags int
		read  bool // the log is read meanwhile, and is not what it was
		says  string
	}{
		// EBADF: SQLite takes every error of a write but ENOSPC for the same, so for EROFS (a file system that was remounted
		// after an error) and EIO, too.
		{"write fails", "", unix.O_RDONLY, true, "the disk failed or can only be read"},
		{"disk is full", "/dev/full", unix.O_RDWR, false, "the disk is full"},
		{"sync fails", "/dev/null", unix.O_RDWR, false, "the disk failed or can only be read"}, // EINVAL
		{"read fails", "/dev/null", unix.O_RDWR, true, "the disk failed or can only be read"},
		{"read gives zeros", "/dev/full", unix.O_RDWR, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := t.TempDir() + "/ppgbox.db"
			fail := func() {} // again, on a new connection
			s, err := openWith(path, Options{Path: path, Host: "test", Clock: clock.System()}, hooks{
				migrations: migrations(), renewed: func() { fail() },
			})
			if err != nil {
				t.Fatal(err)
			}
			claim(t, s)
			first, pending := plainPush(s), plainPush(s)
			mustCommit(t, s, first)
			mustCommit(t, s, pending)
			result := store.DeliveryFinished{Delivery: first.Deliveries[0].ID, Result: store.Result{State: store.Delivered}}
			if !c.read {
				if v, err := second(t, s.path).number("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil || v != 0 {
					t.Fatal(v, err)
				}
			}
			other := c.other
			if other == "" {
				other = s.path + "-wal"
			}
			broken := newReplacement(t, s.path+"-wal", other, c.flags)
			broken.put()
			fail = broken.put
			next := plainPush(s)
			for round := range 3 {
				for name, e := range map[string]store.Event{"push": next, "result": result} {
					err := commit(s, e)
					if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), s.path) {
						t.Errorf("round %d: %s: got %v", round, name, err)
					}
					for _, final := range []error{store.ErrClosed, store.ErrDuplicatePushID, store.ErrFenced, store.ErrFinal, store.ErrNotFound} {
						if errors.Is(err, final) {
							t.Errorf("round %d: %s: %v does not say that it may be tried again", round, name, err)
						}
					}
				}
				// The host renews its lease every few seconds: so it is known although nobody has a push.
				if _, err := s.Claim(t.Context(), time.Hour); err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("round %d: the lease is renewed: %v", round, err)
				}
			}
			broken.repair()
			if _, err := s.Claim(t.Context(), time.Hour); err != nil {
				t.Logf("the first time: %v", err) // of a connection that has read too early
			}
			claim(t, s)
			mustCommit(t, s, next) // the very same
			mustCommit(t, s, result)
			mustClose(t, s)

			s, err = Open(Options{Path: s.path, Host: "test", Clock: clock.System()})
			if err != nil {
				t.Fatal(err)
			}
			defer mustClose(t, s)
			for _, e := range []store.PushAccepted{first, pending, next} {
				rec, err := s.Find(t.Context(), "pi", e.Push.PushID)
				if err != nil {
					t.Errorf("push %s: %v", e.Push.PushID, err)
				} else if final := rec.Deliveries[0].Result.State == store.Delivered; final != (e.Push == first.Push) {
					t.Errorf("push %s: final %v", e.Push.PushID, final)
				}
			}
			if v, err := s.writer.c.value("PRAGMA integrity_check"); err != nil || v != "ok" {
				t.Errorf("integrity check: %v, %v", v, err)
			}
		})
	}
}

// A replacement is another file in the place of every descriptor that this process has of a file. Locks of fcntl would not
// survive it; there are none on a log.
type replacement struct {
	*testing.T
	path  string
	other int

	mu       sync.Mutex
	saved    [][2]int // a descriptor, and what it was before
	repaired bool
}

func newReplacement(t *testing.T, path, other string, flags int) *replacement {
	t.Helper()
	fd, err := unix.Open(other, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("%s: %v", other, err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return &replacement{T: t, path: path, other: fd}
}

// put is called again when there may be new descriptors.
func (r *replacement) put() {
	r.mu.Lock()
	defer r.mu.Unlock()
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		r.Errorf("descriptors are not listed here: %v", err)
	}
	for _, l := range links {
		n := 0
		if _, err := fmt.Sscan(l.Name(), &n); err != nil || n == r.other || r.repaired || r.is(n) {
			continue
		}
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", l.Name())); err != nil || name != r.path || r.keeps(n) {
			continue
		}
		keep, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, 0)
		if err == nil {
			r.saved = append(r.saved, [2]int{n, keep})
			err = unix.Dup3(r.other, n, unix.O_CLOEXEC)
		}
		if err != nil {
			r.Error(err)
		}
	}
	if len(r.saved) == 0 {
		r.Errorf("%s is not open", r.path)
	}
}

func (r *replacement) keeps(n int) bool {
	return slices.ContainsFunc(r.saved, func(s [2]int) bool { return s[1] == n })
}

// is tells whether a descriptor is the other file, and not one that got its number since.
func (r *replacement) is(n int) bool {
	var a, b unix.Stat_t
	flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFL, 0)
	err = errors.Join(err, unix.Fstat(n, &a), unix.Fstat(r.other, &b))
	other, err2 := unix.FcntlInt(uintptr(r.other), unix.F_GETFL, 0)
	return err == nil && err2 == nil && a.Dev == b.Dev && a.Ino == b.Ino && flags&unix.O_ACCMODE == other&unix.O_ACCMODE
}

// repair puts back what was there.
func (r *replacement) repair() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.repaired = true
	for i := len(r.saved) - 1; i >= 0; i-- {
		n, keep := r.saved[i][0], r.saved[i][1]
		if r.is(n) {
			if err := unix.Dup3(keep, n, unix.O_CLOEXEC); err != nil {
				r.Error(err)
			}
		}
		if err := unix.Close(keep); err != nil {
			r.Error(err)
		}
	}
}
