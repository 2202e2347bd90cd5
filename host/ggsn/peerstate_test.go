package ggsn

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/hlr"
)

// heardLog is a log that a test reads.
type heardLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *heardLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *heardLog) warnings() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), "[WARN]")
}

// fixedHLR answers with an error.
type fixedHLR struct{ err error }

func (f *fixedHLR) Query(context.Context, hlr.Question) (hlr.Location, error) {
	return hlr.Location{}, f.err
}
func (f *fixedHLR) Invalidate(hlr.Question) {}

// A register or a RADIUS server that does not answer gives one line, is named at /readyz, and gives one more when it is back.
func TestPeerStates(t *testing.T) {
	g, _ := serve(t)
	log := &heardLog{}
	g.log = hclog.New(&hclog.LoggerOptions{Output: log})
	register := &fixedHLR{}
	watched := watchedHLR{register, g}
	named := func(what string) bool {
		return slices.ContainsFunc(g.health().Missing, func(s string) bool { return strings.HasPrefix(s, what+" does not answer") })
	}
	for _, row := range []struct {
		name     string
		err      error
		warnings int
		missing  bool
	}{
		{"it answers", nil, 0, false},
		{"it does not", fmt.Errorf("test: %w", hlr.ErrTimeout), 1, true},
		{"it still does not", fmt.Errorf("test: %w", hlr.ErrDown), 1, true},
		{"it was not asked", fmt.Errorf("test: %w", context.Canceled), 1, true},
		{"it refuses", fmt.Errorf("test: %w", hlr.ErrRefused), 2, false},
	} {
		register.err = row.err
		_, _ = watched.Query(t.Context(), hlr.Question{})
		if n := log.warnings(); n != row.warnings || named("the HLR") != row.missing {
			t.Errorf("%s: %d warnings, missing is %v", row.name, n, g.health().Missing)
		}
	}
	g.accountingIs(false)
	if !named("the RADIUS server") || log.warnings() != 3 {
		t.Errorf("missing is %v", g.health().Missing)
	}
	g.accountingIs(true)
	if named("the RADIUS server") || log.warnings() != 4 {
		t.Errorf("missing is %v", g.health().Missing)
	}
}
