package smpp

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestReconnectUnderLoad sends from many goroutines while links are cut, closed and unbound from either side, over and over. Every request
// must have one result, no accepted one may be unknown to the server, and what is called never sent must not have been handled.
func TestReconnectUnderLoad(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var handled sync.Map
	server := ServerConfig{Config: Config{Receive: func(r *Request) {
		handled.Store(r.PDU.(*SubmitSM).Destination.Addr, true)
		_ = r.Answer(StatusOK, nil) // fails when the link is cut
	}}, Authenticate: anybody}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = Serve(ctx, l, server, func(s *Session) { <-s.Done() }, nil)
	}()

	var next, results, sent atomic.Int64
	outcomes := make(map[Outcome]int)
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		s, err := Dial(ctx, l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{Config: Config{Window: 50, EnquireInterval: 5 * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for {
					to := number(int(next.Add(1)))
					err := s.Send(ctx, submit(to), 0, func(r Result) {
						_, was := handled.Load(to)
						if r.Outcome == Accepted && !was || r.Outcome == NeverSent && was {
							t.Errorf("%s: %v, handled: %v", to, r.Outcome, was)
						}
						mu.Lock()
						outcomes[r.Outcome]++
						mu.Unlock()
						results.Add(1)
					})
					if err != nil {
						return
					}
					sent.Add(1)
				}
			})
		}
		target := results.Load() + 1 + rnd.Int64N(500)
		until(t, "results", func() bool { return results.Load() >= target })
		switch round % 3 {
		case 0:
			_ = s.conn.(*net.TCPConn).SetLinger(0)
			s.Close()
		case 1:
			_ = s.conn.(*net.TCPConn).CloseRead()
		case 2:
			if err := s.Unbind(testContext(t)); err != nil {
				t.Error(err)
			}
		}
		wait(t, s.Done())
		senders.Wait()
		if s.Err() == nil {
			t.Error("a session ended without a reason")
		}
	}
	cancel()
	wait(t, served)
	if results.Load() != sent.Load() {
		t.Errorf("%d requests, %d results", sent.Load(), results.Load())
	}
	t.Logf("%d requests: %v", sent.Load(), outcomes)
}
