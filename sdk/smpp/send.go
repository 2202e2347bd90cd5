package smpp

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Send sends a request and returns when it is queued. While the window is full it waits, for ctx at most; ctx has no say after that.
// The result comes by done, exactly once: after the response, after timeout (0 means Config.ResponseTimeout, the clock starts now), or at the
// end of the session. done is called on a goroutine of the session and must not block; in it use TrySend.
//
// An error means that the request was never sent and done will not be called.
func (s *Session) Send(ctx context.Context, p PDU, timeout time.Duration, done func(Result)) error {
	if err := s.acquire(ctx, p); err != nil {
		return err
	}
	_, err := s.enqueueRequest(p, timeout, done)
	return err
}

// acquire takes a slot of the window for a request.
func (s *Session) acquire(ctx context.Context, p PDU) error {
	if err := s.mayRequest(p); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("smpp: never sent: %w", err)
	}
	select {
	case s.slots <- struct{}{}:
	case <-s.closing:
		return s.neverSent()
	case <-ctx.Done():
		return fmt.Errorf("smpp: never sent, the window of %d is full: %w", s.cfg.Window, ctx.Err())
	}
	return nil
}

// TrySend is Send that does not wait: while the window is full it returns ErrWindowFull.
func (s *Session) TrySend(p PDU, timeout time.Duration, done func(Result)) error {
	if err := s.mayRequest(p); err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}: // enqueueRequest looks whether requests are still taken
	default:
		select {
		case <-s.closing:
			return s.neverSent()
		default:
			return ErrWindowFull
		}
	}
	_, err := s.enqueueRequest(p, timeout, done)
	return err
}

// Call sends a request and waits for its result. If ctx ends first, the result is NeverSent while it waited for the window and Unknown after
// that; the request then keeps its slot until it is answered (which Config.OnLate is told of) or timed out. Not to be called from a callback
// of the session other than Config.Handle.
func (s *Session) Call(ctx context.Context, p PDU, timeout time.Duration) Result {
	var settled atomic.Bool // by the result or by ctx, whichever is first
	ch := make(chan Result, 1)
	if err := s.acquire(ctx, p); err != nil {
		return Result{Outcome: NeverSent, Err: err}
	}
	sequence, err := s.enqueueRequest(p, timeout, func(r Result) {
		if settled.CompareAndSwap(false, true) {
			ch <- r
		} else if r.Response != nil {
			s.reportLate(r)
		}
	})
	if err != nil {
		return Result{Outcome: NeverSent, Err: err}
	}
	select {
	case r := <-ch:
		return r
	case <-ctx.Done():
		if !settled.CompareAndSwap(false, true) {
			return <-ch
		}
		return Result{Outcome: Unknown, Sequence: sequence, Err: fmt.Errorf("smpp: no response: %w", ctx.Err())}
	}
}

func (s *Session) reportLate(r Result) {
	s.count(&s.stats.Late)
	if s.cfg.OnLate != nil {
		s.cfg.OnLate(r)
	}
}

// Notify queues an alert_notification, which has no response.
func (s *Session) Notify(p *AlertNotification) error {
	if s.esme {
		return fmt.Errorf("%w: %v", ErrDirection, p.CommandID())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != bound {
		return s.whyNeverSent()
	}
	return s.enqueue(StatusOK, s.waiting.nextSequence(), p)
}

// enqueueRequest encodes, registers and queues a request in one step, so that its response cannot come before it is known. The caller
// has a slot of the window.
func (s *Session) enqueueRequest(p PDU, timeout time.Duration, done func(Result)) (uint32, error) {
	if timeout <= 0 {
		timeout = s.cfg.ResponseTimeout
	}
	expires := (s.now() + int64(timeout) + int64(tick) - 1) / int64(tick)
	s.mu.Lock()
	if s.state != bound {
		err := s.whyNeverSent()
		s.mu.Unlock()
		<-s.slots
		return 0, err
	}
	seq := s.waiting.nextSequence()
	if err := s.enqueue(StatusOK, seq, p); err != nil {
		s.mu.Unlock()
		<-s.slots
		return 0, err
	}
	s.waiting.add(seq, p.CommandID(), s.queued, expires, done)
	s.mu.Unlock()
	return seq, nil
}

// enqueue encodes a PDU to the end of the queue. s.mu is held.
func (s *Session) enqueue(status Status, sequence uint32, p PDU) error {
	before := len(s.queue)
	q, err := Append(s.queue, status, sequence, p)
	if err != nil {
		return err
	}
	s.queue = q
	s.queued += int64(len(q) - before)
	if before == 0 {
		s.cfg.Batch.wake(s)
	}
	return nil
}

func (s *Session) neverSent() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whyNeverSent()
}

// whyNeverSent is the reason why no request is taken. s.mu is held.
func (s *Session) whyNeverSent() error {
	cause := s.cause
	if cause == nil {
		cause = ErrUnbound // unbind is on its way
	}
	return fmt.Errorf("smpp: never sent: %w", cause)
}

func (s *Session) mayRequest(p PDU) error {
	c := p.CommandID()
	if !allowed(c, s.esme, s.bind.Mode) {
		return fmt.Errorf("%w: %v", ErrDirection, c)
	}
	return nil
}

// allowed says whether an ESME, or an SMSC, may issue the request on a bind of this mode. SMPP 3.4 §2.3.
func allowed(c CommandID, fromESME bool, mode BindMode) bool {
	switch c {
	case CommandSubmitSM, CommandQuerySM, CommandCancelSM, CommandReplaceSM:
		return fromESME && mode != Receiver
	case CommandDeliverSM:
		return !fromESME && mode != Transmitter
	case CommandDataSM:
		return fromESME && mode != Receiver || !fromESME && mode != Transmitter
	}
	return false
}
