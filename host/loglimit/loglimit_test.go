package loglimit

import (
	"slices"
	"testing"

	"golang.org/x/time/rate"
)

func TestLimit(t *testing.T) {
	l := New()
	written := 0
	for range 10 * Burst {
		if _, ok := l.Allow("push_id", "p1"); ok {
			written++
		}
	}
	if written < Burst || written > 2*Burst {
		t.Errorf("%d lines of %d were written, want about %d", written, 10*Burst, Burst)
	}
	l.limiter.SetLimit(rate.Inf)
	fields, ok := l.Allow("push_id", "p2")
	if want := []any{"push_id", "p2", "lines_left_out", int64(10*Burst - written)}; !ok || !slices.Equal(fields, want) {
		t.Errorf("the next line has the fields %v, want %v", fields, want)
	}
	if fields, _ := l.Allow("push_id", "p3"); len(fields) != 2 {
		t.Errorf("the line after it has the fields %v", fields)
	}
}
