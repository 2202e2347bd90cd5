package radius

import (
	"context"
	"testing"
	"time"
)

// closing is a server with a next server that Close was called of while it has a message, and that takes no more.
func closing(t *testing.T, forward *Forward) (s *bench, message []byte, closed <-chan struct{}) {
	s = startServer(t, func(o *Options) { o.Forward = forward })
	s.directory.set(func(d *directory) { d.hold = true })
	message = s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(message)
	s.count("pending", func() uint64 { return uint64(s.exchanges.count()) }, 1)
	done := make(chan struct{})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		s.Close(ctx)
		close(done)
	}()
	if err := <-s.serving; err != nil {
		t.Errorf("Serve: %v", err)
	}
	s.serving <- nil // for the end
	s.ended = true
	return s, message, done
}

// waits fails if Close returns soon.
func waits(t *testing.T, closed <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-closed:
		t.Error("Close did not wait for " + what)
	case <-time.After(50 * time.Millisecond):
	}
}

// What is under way when the gateway stops is waited for.
func TestCloseWaitsForTheDirectory(t *testing.T) {
	s, message, closed := closing(t, nil)
	waits(t, closed, "the directory")
	s.directory.release(t, 1)
	s.client.expect(message)
	<-closed
}

func TestCloseWaitsForTheNextServer(t *testing.T) {
	next := newNext(t)
	s, message, closed := closing(t, next.forward(false))
	r := next.receive()
	s.directory.release(t, 1)
	s.client.expect(message)
	waits(t, closed, "the next server")
	next.answer(r)
	<-closed
	s.forwarded(forwardAnswered, 1)
}

func TestCloseGivesUpWaiting(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(true) })
	s.client.send(s.client.request(isOn, nas))
	next.receive()
	s.end()
	s.forwarded(forwardStopped, 1)
	s.directory.release(t, 0)
}

// What the directory has on disk after the end is answered when it is repeated.
func TestStoredAfterTheEnd(t *testing.T) {
	s := startServer(t, nil)
	s.directory.set(func(d *directory) { d.hold = true })
	s.client.send(s.client.request(isOn, nas))
	eventually(t, "the directory is told", func() bool { return s.directory.waiting() == 1 })
	s.end()
	s.directory.release(t, 1)
}
