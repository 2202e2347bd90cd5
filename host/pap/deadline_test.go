package pap

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDeadlineContext(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	later := time.Now().Add(time.Hour)

	t.Run("its time comes", func(t *testing.T) {
		c := &deadlineContext{Context: parent, at: time.Now().Add(time.Millisecond)}
		defer c.end()
		<-c.Done()
		if !errors.Is(c.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(c), context.DeadlineExceeded) {
			t.Error(c.Err(), context.Cause(c))
		}
	})
	t.Run("a child ends with it", func(t *testing.T) {
		c := &deadlineContext{Context: parent, at: time.Now().Add(time.Millisecond)}
		defer c.end()
		child, cancel := context.WithCancel(c)
		defer cancel()
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Error(child.Err())
		}
	})
	t.Run("it is over", func(t *testing.T) {
		for name, early := range map[string]bool{"while somebody waits": true, "before anybody does": false} {
			c := &deadlineContext{Context: parent, at: later}
			if early && c.Err() != nil {
				t.Error(name, c.Err())
			}
			c.end()
			<-c.Done()
			if !errors.Is(c.Err(), context.Canceled) {
				t.Error(name, c.Err())
			}
		}
	})
	t.Run("its deadline", func(t *testing.T) {
		sooner, cancel := context.WithDeadline(parent, later.Add(-time.Minute))
		defer cancel()
		for name, tt := range map[string]struct {
			parent context.Context
			want   time.Time
		}{"its own": {parent, later}, "the request's": {sooner, later.Add(-time.Minute)}} {
			c := &deadlineContext{Context: tt.parent, at: later}
			if at, ok := c.Deadline(); !ok || !at.Equal(tt.want) {
				t.Errorf("%s: %v", name, at)
			}
			c.end()
		}
	})
	t.Run("the request ends", func(t *testing.T) {
		c := &deadlineContext{Context: parent, at: later}
		defer c.end()
		cancel()
		<-c.Done()
		if !errors.Is(c.Err(), context.Canceled) {
			t.Error(c.Err())
		}
	})
}
