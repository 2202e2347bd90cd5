package sqlite

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/storetest"
)

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}

func openIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(Options{Path: filepath.Join(dir, "data", "ppgbox.db"), Host: "test", Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return openIn(t, dir) })
}
