package smpp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// keepBuffer is the largest write buffer in octets that is kept for the next batch.
const keepBuffer = 1 << 20

// write is the writer goroutine: it writes what is queued in one batch, times requests out, and keeps the link alive.
func (s *Session) write() {
	defer s.finished()
	var spare []byte
	var enquired int64 // when enquire_link was sent, 0 if the link has spoken since
	timer := time.NewTimer(tick)
	defer timer.Stop()
	select { // it may begin in the middle of a batch
	case <-s.wake:
	case <-timer.C:
	}
	for {
		batch, st := s.takeQueue(spare)
		if st == ended {
			return
		}
		if len(batch) > 0 {
			if err := s.writeBatch(batch); err != nil {
				s.end(err)
				return
			}
		}
		spare = nil
		if cap(batch) <= keepBuffer {
			spare = batch[:0]
		}
		if st == flushing {
			if len(batch) > 0 {
				continue // something may have been queued meanwhile
			}
			closeWrite(s.conn)
			close(s.flushed)
			<-s.ctx.Done()
			return
		}
		now := s.now()
		s.expire(now)
		wait, err := s.keepAlive(now, &enquired)
		if err != nil {
			s.end(err)
			return
		}
		timer.Reset(wait)
		select { // also after a batch: what was queued meanwhile is written with the rest of what a reader hands out (Batch)
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// takeQueue swaps the queue for an empty one.
func (s *Session) takeQueue(spare []byte) ([]byte, state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.queue
	s.queue, s.answers = spare, 0
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
	return batch, s.state
}

func (s *Session) writeBatch(batch []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.cfg.WriteTimeout)); err != nil {
		return fmt.Errorf("smpp: write: %w", err)
	}
	n, err := s.conn.Write(batch)
	s.written += int64(n)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: nothing for %v: %w", ErrWriteTimeout, s.cfg.WriteTimeout, err)
	}
	if err != nil {
		return fmt.Errorf("smpp: write: %w", err)
	}
	return nil
}

// expire reports the requests whose time is over.
func (s *Session) expire(now int64) {
	s.mu.Lock()
	if now/int64(tick) <= s.waiting.swept {
		s.mu.Unlock()
		return
	}
	out := s.waiting.sweep(now / int64(tick))
	s.signalIdle()
	s.mu.Unlock()
	for _, e := range out {
		<-s.slots
		e.done(Result{Outcome: Unknown, Sequence: e.sequence, Err: ErrTimeout})
	}
}

// keepAlive sends enquire_link on a silent link, and says how long the writer may sleep. Any whole PDU from the peer is a sign of life.
func (s *Session) keepAlive(now int64, enquired *int64) (time.Duration, error) {
	last := s.lastRead.Load()
	if *enquired != 0 && last >= *enquired {
		*enquired = 0
	}
	var due int64
	switch {
	case *enquired == 0 && now-last >= int64(s.cfg.EnquireInterval):
		*enquired = now
		s.mu.Lock()
		err := s.enqueue(StatusOK, s.waiting.nextSequence(), &EnquireLink{})
		s.mu.Unlock()
		if err != nil {
			return 0, err
		}
		return 0, nil
	case *enquired == 0:
		due = last + int64(s.cfg.EnquireInterval)
	case now-*enquired >= int64(s.cfg.EnquireTimeout):
		return 0, fmt.Errorf("%w: silent for %v", ErrEnquireTimeout, time.Duration(now-last).Round(time.Millisecond))
	default:
		due = *enquired + int64(s.cfg.EnquireTimeout)
	}
	wait := time.Duration(due - now)
	s.mu.Lock()
	if len(s.waiting.bySequence) > 0 {
		wait = min(wait, tick)
	}
	s.mu.Unlock()
	return wait, nil
}

// closeWrite tells the peer that nothing more will come, so that it can read all that was written before the connection is gone.
func closeWrite(conn net.Conn) {
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = conn.SetWriteDeadline(time.Now().Add(lingerTime))
		_ = c.CloseWrite()
	}
}
