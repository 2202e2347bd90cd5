package sqlite

import (
	"os"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// What is told of a transaction is what went to the log.
func TestTell(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	claim(t, s)
	if v, err := second(t, s.path).number("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil || v != 0 {
		t.Fatal(v, err)
	}
	var told []store.Transaction
	s.Tell(func(x store.Transaction) { told = append(told, x) })
	began := time.Now()
	first, again := plainPush(s), plainPush(s)
	again.Push.PushID = first.Push.PushID
	mustCommit(t, s, first)
	mustCommit(t, s, plainPush(s))
	if err := commit(s, again); err == nil {
		t.Fatal("taken twice")
	}
	took := time.Since(began)
	claim(t, s) // its transaction is none of anybody's calls; and what was told before is seen here
	if len(told) < 3 {
		t.Fatalf("%d transactions, want at least 3", len(told))
	}
	var octets int64
	var calls int
	for i, x := range told {
		octets += x.Octets
		calls += x.Calls
		if x.Took <= 0 || x.Took > took && i < 3 {
			t.Errorf("transaction %d took %v of %v", i, x.Took, took)
		}
	}
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if log := info.Size() - 32; octets != log || calls != 3 { // without the header of the log
		t.Errorf("%d octets of %d calls were told, want the %d of the log and 3", octets, calls, log)
	}
}
