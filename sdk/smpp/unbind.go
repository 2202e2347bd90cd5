package smpp

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Unbind ends the session in order: it takes no new requests, waits until those outstanding are answered or timed out, sends unbind
// and waits for its response (Config.EnquireTimeout at most). When ctx ends first, unbind is still sent if the peer reads, and what is
// outstanding becomes Unknown. It waits for Done and returns nil if either side has unbound, otherwise why not.
func (s *Session) Unbind(ctx context.Context) error {
	s.mu.Lock()
	if s.state != bound {
		s.mu.Unlock()
		select {
		case <-s.done:
			return s.unboundErr()
		case <-ctx.Done():
			return fmt.Errorf("smpp: unbind: %w", ctx.Err())
		}
	}
	s.stopRequests(draining)
	idle := make(chan struct{})
	s.idle = idle
	s.signalIdle()
	s.mu.Unlock()

	select {
	case <-idle:
	case <-ctx.Done():
	case <-s.done:
		return s.unboundErr()
	}
	s.mu.Lock()
	s.unbindSeq = s.waiting.nextSequence()
	err := s.enqueue(StatusOK, s.unbindSeq, &Unbind{})
	s.mu.Unlock()
	if err != nil {
		return err
	}
	timer := time.NewTimer(s.cfg.EnquireTimeout)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.unboundErr()
	case <-timer.C:
		err = fmt.Errorf("smpp: unbind: no response for %v", s.cfg.EnquireTimeout)
	case <-ctx.Done():
		err = fmt.Errorf("smpp: unbind: %w", ctx.Err())
	}
	s.abandon()
	<-s.done
	return err
}

// unboundErr is the cause of the end, unless it was in order.
func (s *Session) unboundErr() error {
	err := s.Err()
	if errors.Is(err, ErrUnbound) || errors.Is(err, ErrPeerUnbound) {
		return nil
	}
	return err
}

// abandon writes what is queued if the peer reads it soon, and ends the session.
func (s *Session) abandon() {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = ErrUnbound
	}
	s.stopRequests(flushing)
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.flushed:
	case <-s.done:
	case <-time.After(lingerTime):
	}
	s.end(ErrUnbound)
}
