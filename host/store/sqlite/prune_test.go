package sqlite

import (
	"os"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// finishMany accepts and finishes pushes and returns the file's size when all of them are in it.
func finishMany(t *testing.T, s *Store, n int) int64 {
	t.Helper()
	answers := make(chan error, 2*n)
	for range n {
		e := plainPush(s)
		for _, e := range []store.Event{e, store.DeliveryFinished{
			Delivery: e.Deliveries[0].ID, Result: store.Result{State: store.Delivered}, Attempts: []store.Attempt{{Number: 1}},
		}} {
			s.Commit([]store.Event{e}, func(err error) { answers <- err })
		}
	}
	for range 2 * n {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
	if v, err := second(t, s.path).number("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil || v != 0 {
		t.Fatal(v, err)
	}
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// What is removed makes room for what comes: the file stays as large as it had to be.
func TestPrunedRoomIsUsed(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	claim(t, s)
	const pushes = 1000
	size := finishMany(t, s, pushes)
	for round := range 5 {
		for {
			n, err := s.Prune(t.Context(), time.Time{}, 1, pushes)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
		if now := finishMany(t, s, pushes); now > size+size/10 {
			t.Fatalf("round %d: %d octets, they were %d", round, now, size)
		}
	}
}

// A push whose number of recipients is damaged takes nothing of the pushes after it along: if the number is too large the push
// stays, if it is too small some of its own results do.
func TestPruneLeavesDamaged(t *testing.T) {
	for _, recipients := range []string{"0", "2", "1000"} {
		t.Run(recipients, func(t *testing.T) {
			s := openIn(t, t.TempDir())
			defer mustClose(t, s)
			claim(t, s)
			finishMany(t, s, 10)
			keep := plainPush(s)
			mustCommit(t, s, keep)
			c := second(t, s.path)
			mustExec(t, c, "UPDATE pushes SET recipients = "+recipients+" WHERE id = (SELECT min(id) FROM pushes)")
			n, err := s.Prune(t.Context(), time.Time{}, 1, 100)
			if err != nil {
				t.Fatal(err)
			}
			if recipients == "0" { // it goes, and its result stays behind
				n--
			}
			if n != 9 {
				t.Errorf("removed %d", n)
			}
			if n, err := c.number("SELECT count(*) FROM results"); err != nil || n != 1 {
				t.Errorf("%d results are left, %v", n, err)
			}
			if _, err := s.Find(t.Context(), "pi", keep.Push.PushID); err != nil {
				t.Error(err)
			}
		})
	}
}
