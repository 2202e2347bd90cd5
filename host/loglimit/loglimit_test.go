package loglimit

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestLimit(t *testing.T) {
	l := New()
	began := time.Now()
	written := 0
	for range 10 * Burst {
		if _, ok := l.Allow("push_id", "p1"); ok {
			written++
		}
	}
	if may := Burst + 1 + int(time.Since(began).Seconds()*PerSecond); written < Burst || written > may {
		t.Errorf("%d lines of %d were written, want %d to %d", written, 10*Burst, Burst, may)
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
