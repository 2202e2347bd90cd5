package storetest

import (
	"context"
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// Run runs the suite. open opens the store that is kept in dir, and creates it if there is none; the suite closes it, and
// may open it again then.
func Run(t *testing.T, open func(t *testing.T, dir string) store.Store) {
	for _, c := range []struct {
		rule string
		test func(h *harness)
	}{
		{"accepted push is found and loaded with every field", testAcceptedContent},
		{"zero fields come back as zero", testZeroFields},
		{"times beyond 64 bits of nanoseconds move to the nearest", testTimes},
		{"push-id is unique for each initiator", testDuplicate},
		{"call is written whole or not at all", testAtomic},
		{"refused call leaves the calls beside it alone", testRefusedBetween},
		{"calls of one caller are written in order", testOrder},
		{"done is called once", testDoneOnce},
		{"what is done is visible and survives reopening", testVisible},
		{"event without sense is refused", testNonsense},
		{"event of what is not there is refused", testUnknown},
		{"token of an open attempt is kept", testToken},
		{"attempt is replaced by its number", testAttemptReplaced},
		{"legs keep their lanes and terminals", testLegs},
		{"final result is written with its attempts", testFinished},
		{"final result stays", testFinal},
		{"attempt may end after the result", testLateAttempt},
		{"notification is owed until it ended", testNotification},
		{"numbers are handed out once", testNextIDs},
		{"claim leases what is free", testClaim},
		{"outside the lease only pushes are taken", testOutsideLease},
		{"load is of the leased partitions", testLoadLeased},
		{"load is in the order of acceptance", testLoadOrder},
		{"load ends with the error of f", testLoadError},
		{"load lets f use the store", testLoadReentrant},
		{"find of many initiators", testFindAny},
		{"prune removes what ended long ago", testPruneAge},
		{"prune keeps a number", testPruneNumber},
		{"push-id that was pruned is free", testPruneReuse},
		{"prune beside commits", testPruneConcurrent},
		{"ended context ends a search", testContext},
		{"close waits for what was committed", testClose},
		{"closed store refuses", testClosed},
		{"64 callers at once", testConcurrent},
		{"subscribers and sessions are loaded with every field", testDirectory},
		{"subscriber is replaced by its ID, session by its key", testDirectoryReplaced},
		{"removing who is not there is no error", testDirectoryRemoved},
		{"subscribers and sessions are written whole with what is beside them", testDirectoryAtomic},
		{"subscriber or session without sense is refused", testDirectoryNonsense},
		{"subscribers and sessions need no lease", testDirectoryUnleased},
		{"loading many lets f use the store and ends with its error", testDirectoryLoad},
		{"numbers rise above those of subscribers and generations", testDirectoryNumbers},
		{"any history is that of the model", testModel},
	} {
		t.Run(c.rule, func(t *testing.T) {
			h := &harness{T: t, open: open, dir: t.TempDir()}
			h.reopen()
			defer h.close()
			c.test(h)
		})
	}
}

// harness is a store under test.
type harness struct {
	*testing.T
	open  func(t *testing.T, dir string) store.Store
	dir   string
	store store.Store
	lease store.Lease
	seed  int // of fill
}

// reopen closes the store if it is open, opens it and claims what can be had.
func (h *harness) reopen() {
	h.Helper()
	h.close()
	h.store = h.open(h.T, h.dir)
	h.claim()
}

func (h *harness) claim() {
	h.Helper()
	lease, err := h.store.Claim(context.Background(), time.Hour)
	if err != nil {
		h.Fatalf("claim: %v", err)
	}
	h.lease = lease
}

func (h *harness) close() {
	h.Helper()
	if h.store == nil {
		return
	}
	if err := h.store.Close(); err != nil {
		h.Errorf("close: %v", err)
	}
	h.store = nil
}

// commit waits for the answer.
func (h *harness) commit(events ...store.Event) error {
	h.Helper()
	answer := make(chan error, 1)
	h.store.Commit(events, func(err error) { answer <- err })
	return h.answer(answer)
}

func (h *harness) answer(answer <-chan error) error {
	h.Helper()
	select {
	case err := <-answer:
		return err
	case <-time.After(patience):
		h.Fatal("done was not called")
		return nil
	}
}

// must commits what has to be taken.
func (h *harness) must(events ...store.Event) {
	h.Helper()
	if err := h.commit(events...); err != nil {
		h.Fatalf("commit: %v", err)
	}
}

// refused commits what has to be refused with want; nil stands for any error that is none of the package's.
func (h *harness) refused(want error, events ...store.Event) {
	h.Helper()
	err := h.commit(events...)
	if err == nil {
		h.Fatalf("%+v was taken, want %v", events, want)
	}
	if want != nil && !errors.Is(err, want) {
		h.Fatalf("got %q, want %q", err, want)
	}
	for _, other := range []error{store.ErrClosed, store.ErrDuplicatePushID, store.ErrFenced, store.ErrFinal, store.ErrNotFound} {
		if !errors.Is(want, other) && errors.Is(err, other) {
			h.Fatalf("got %q, want %v", err, want)
		}
	}
}

func (h *harness) find(p *store.Push) *store.Record {
	h.Helper()
	rec, err := h.store.Find(context.Background(), p.Initiator, p.PushID)
	if err != nil {
		h.Fatalf("find: %v", err)
	}
	return rec
}

func (h *harness) missing(p *store.Push) {
	h.Helper()
	if rec, err := h.store.Find(context.Background(), p.Initiator, p.PushID); !errors.Is(err, store.ErrNotFound) {
		h.Fatalf("find: got %+v, %v; want ErrNotFound", rec, err)
	}
}

func (h *harness) load(l store.Lease) []*store.Record {
	h.Helper()
	var list []*store.Record
	err := h.store.Load(context.Background(), l, func(r *store.Record) error {
		list = append(list, r)
		return nil
	}, func(err error) { h.Errorf("bad row: %v", err) })
	if err != nil {
		h.Fatalf("load: %v", err)
	}
	return list
}

// loaded is the IDs of the pushes that Load gives.
func (h *harness) loaded(l store.Lease) []int64 {
	h.Helper()
	var list []int64
	for _, r := range h.load(l) {
		list = append(list, r.Push.ID)
	}
	return list
}

// same compares; nil and empty slices are the same.
func (h *harness) same(what string, got, want any) {
	h.Helper()
	if difference := diff(got, want); difference != "" {
		h.Fatalf("%s: %s", what, difference)
	}
}

// is looks at a push in every way there is: found by initiator, found by all, and, if it is unfinished, loaded.
func (h *harness) is(want *store.Record, unfinished bool) {
	h.Helper()
	h.same("Find", h.find(want.Push), want)
	any, err := h.store.FindAny(context.Background(), want.Push.PushID)
	if err != nil {
		h.Fatalf("FindAny: %v", err)
	}
	if i := index(any, want.Push.ID); i < 0 {
		h.Fatal("FindAny does not have it")
	} else {
		h.same("FindAny", any[i], want)
	}
	loaded := h.load(h.lease)
	i := index(loaded, want.Push.ID)
	if (i >= 0) != unfinished {
		h.Fatalf("Load: there %v, want %v", i >= 0, unfinished)
	}
	if i >= 0 {
		h.same("Load", loaded[i], want)
	}
}

// stays is is, now and after reopening.
func (h *harness) stays(want *store.Record, unfinished bool) {
	h.Helper()
	h.is(want, unfinished)
	h.reopen()
	h.is(want, unfinished)
}

func index(list []*store.Record, id int64) int {
	for i, r := range list {
		if r.Push.ID == id {
			return i
		}
	}
	return -1
}

func mustTempDir(dir string) string {
	d, err := os.MkdirTemp(dir, "")
	if err != nil {
		panic(err)
	}
	return d
}

func allPartitions() []int {
	list := make([]int, store.Partitions)
	for i := range list {
		list[i] = i
	}
	return list
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
