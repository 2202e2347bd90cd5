package smpp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// maxAnswers is how many octets of answers may be queued before no more is read from a peer that does not read them.
	maxAnswers = 4 << 20
	// lingerTime and lingerOctets bound what is read from a peer after the last PDU to it, so that closing does not destroy that PDU.
	lingerTime   = 500 * time.Millisecond
	lingerOctets = 1 << 20
)

// read is the reader goroutine: it matches responses, answers what belongs to the session, and hands out the rest.
func (s *Session) read() {
	defer s.finished()
	defer s.endBatch()
	peerUnbound := false
	for {
		if !s.frames.ready() {
			s.endBatch()
		}
		frame, err := s.frames.next()
		if err != nil {
			s.readFailed(err, peerUnbound)
			return
		}
		s.batchUp()
		if s.frames.fresh { // those that came with it are as old
			s.lastRead.Store(s.now())
		}
		h, p, err := Decode(frame)
		switch {
		case h.Command.IsResponse():
			if s.response(h, p, err) {
				s.flushAndEnd(ErrUnbound, false)
				return
			}
		case h.Command == CommandUnbind:
			s.peerUnbind(h)
			peerUnbound = true
		default:
			s.request(h, p, err)
		}
		if peerUnbound && s.nothingOutstanding() {
			s.flushAndEnd(ErrPeerUnbound, true)
			return
		}
		s.waitForRoom()
	}
}

// batchUp begins a batch, or goes on with it.
func (s *Session) batchUp() {
	switch s.batched {
	case 0:
		s.cfg.Batch.begin()
	case maxBatch:
		s.cfg.Batch.flush()
		s.batched = 0
	}
	s.batched++
}

// endBatch ends the reader's batch, if it has one. It is called before the reader waits for anything.
func (s *Session) endBatch() {
	if s.batched > 0 {
		s.batched = 0
		s.cfg.Batch.end()
	}
}

// peerUnbind answers unbind. Requests of ours that the peer has not answered get EnquireTimeout for it, if the peer keeps the connection.
func (s *Session) peerUnbind(h Header) {
	s.mu.Lock()
	s.stopRequests(draining)
	if s.cause == nil {
		s.cause = ErrPeerUnbound
	}
	s.mu.Unlock()
	s.answer(StatusOK, h.Sequence, &UnbindResp{})
	_ = s.conn.SetReadDeadline(time.Now().Add(s.cfg.EnquireTimeout))
}

func (s *Session) nothingOutstanding() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting.bySequence) == 0
}

func (s *Session) readFailed(err error, peerUnbound bool) {
	var frame *FrameError
	switch {
	case errors.As(err, &frame):
		s.answer(StatusInvCmdLen, frame.sequence, &GenericNack{})
		s.flushAndEnd(frame, true)
	case peerUnbound && errors.Is(err, os.ErrDeadlineExceeded):
		s.flushAndEnd(ErrPeerUnbound, true)
	case errors.Is(err, io.EOF):
		s.end(fmt.Errorf("%w: %w", ErrPeerClosed, err))
	default:
		s.end(fmt.Errorf("smpp: read: %w", err))
	}
}

// flushAndEnd writes what is queued and ends the session. With linger it gives the peer time to read it.
func (s *Session) flushAndEnd(cause error, linger bool) {
	s.endBatch()
	s.mu.Lock()
	if s.cause == nil {
		s.cause = cause
	}
	s.stopRequests(flushing)
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.flushed:
	case <-s.ctx.Done():
	}
	if linger {
		_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, s.frames.r, lingerOctets)
	}
	s.end(cause)
}

// response reports a response to who waits for it. It returns true if it ends our unbind.
func (s *Session) response(h Header, p PDU, err error) (unbound bool) {
	s.mu.Lock()
	if s.unbindSeq != 0 && (h.Command == CommandUnbindResp || h.Command == CommandGenericNack && h.Sequence == s.unbindSeq) {
		s.mu.Unlock()
		return true
	}
	if err != nil {
		s.stats.Malformed++
	}
	done := s.waiting.take(h)
	late := false
	switch {
	case done != nil:
		s.signalIdle()
	case s.waiting.takeLate(h):
		late = true
	case h.Command != CommandEnquireLinkResp:
		s.stats.Stray++
	}
	s.mu.Unlock()
	if done != nil {
		<-s.slots
		done(resultOf(h, p, err))
	} else if late {
		s.reportLate(resultOf(h, p, err))
	}
	return false
}

// request answers what the session answers itself and hands out the rest.
func (s *Session) request(h Header, p PDU, err error) {
	if _, ok := p.(*UnknownPDU); ok {
		s.count(&s.stats.Unknown)
		s.answer(StatusInvCmdID, h.Sequence, &GenericNack{})
		return
	}
	switch h.Command {
	case CommandEnquireLink:
		s.answer(StatusOK, h.Sequence, &EnquireLinkResp{})
		return
	case CommandBindReceiver, CommandBindTransmitter, CommandBindTransceiver:
		s.answer(StatusAlyBnd, h.Sequence, errorBody(h.Command))
		return
	case CommandOutbind:
		s.answer(StatusInvBndSts, h.Sequence, &GenericNack{})
		return
	}
	if err != nil {
		s.count(&s.stats.Malformed)
		status := StatusInvCmdLen
		var bad *DecodeError
		if errors.As(err, &bad) {
			status = bad.Status
		}
		s.refuse(h, status)
		return
	}
	// OsmoMSC sends alert_notification to every bound ESME, transmitters too.
	if h.Command != CommandAlertNotification && !allowed(h.Command, !s.esme, s.bind.Mode) {
		s.refuse(h, StatusInvBndSts)
		return
	}
	s.handOut(&Request{Session: s, Header: h, PDU: p})
}

func (s *Session) count(c *uint64) {
	s.mu.Lock()
	*c++
	s.mu.Unlock()
}

// refuse answers a request with an error status; an alert_notification has no answer.
func (s *Session) refuse(h Header, status Status) {
	if h.Command != CommandAlertNotification {
		s.answer(status, h.Sequence, errorBody(h.Command))
	}
}

// answer queues an answer of the session's own; such a PDU always fits.
func (s *Session) answer(status Status, sequence uint32, p PDU) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.enqueueAnswer(status, sequence, p)
}

// enqueueAnswer queues an answer. s.mu is held.
func (s *Session) enqueueAnswer(status Status, sequence uint32, p PDU) error {
	if s.state >= flushing {
		return fmt.Errorf("smpp: not answered: %w", s.cause)
	}
	before := len(s.queue)
	if err := s.enqueue(status, sequence, p); err != nil {
		return err
	}
	s.answers += len(s.queue) - before
	return nil
}

// waitForRoom holds the reader while the peer does not read its answers; the writer's deadline bounds it.
func (s *Session) waitForRoom() {
	s.mu.Lock()
	if s.answers < maxAnswers || s.state >= flushing {
		s.mu.Unlock()
		return
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	room := s.room
	s.mu.Unlock()
	s.endBatch()
	select {
	case <-room:
	case <-s.ctx.Done():
	}
}
