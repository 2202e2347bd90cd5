package smpp

import (
	"fmt"
	"time"
)

// Request is a request of the peer.
type Request struct {
	Session *Session
	Header  Header
	PDU     PDU // may be set to nil when it is no longer needed

	counted  bool // in Session.received
	answered bool // Session.mu
}

// Received is when the end of the request was read, or the end of others that were read with it. It is not earlier than that of a request
// that the session got before.
func (r *Request) Received() time.Time {
	return r.Session.start.Add(time.Duration(r.Session.lastRead.Load()))
}

// Answer sends the response: p with the status, or without p a response with empty fields (for submit_sm with an error status only a header,
// SMPP 3.4 §4.4.2). It does not block; an alert_notification needs no answer and gets none. The second answer is ErrAnswered; after the end of the
// session it is that session's cause. A p that cannot be encoded is an *EncodeError and leaves the request open.
func (r *Request) Answer(status Status, p PDU) error {
	command := r.Header.Command
	if p == nil {
		p = emptyResponse(command, status)
	} else if c := p.CommandID(); !answers(c, command) {
		return fmt.Errorf("smpp: %v does not answer %v", c, command)
	}
	s := r.Session
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.answered {
		return ErrAnswered
	}
	if command != CommandAlertNotification {
		if err := s.enqueueAnswer(status, r.Header.Sequence, p); err != nil {
			return err
		}
	}
	r.answered = true
	if r.counted {
		s.received--
	}
	return nil
}

// emptyResponse is the response without a value in any field.
func emptyResponse(request CommandID, status Status) PDU {
	switch request {
	case CommandSubmitSM:
		if status != StatusOK {
			return errorBody(request)
		}
		return &SubmitSMResp{}
	case CommandDeliverSM:
		return &DeliverSMResp{}
	case CommandDataSM:
		return &DataSMResp{}
	case CommandQuerySM:
		return &QuerySMResp{}
	}
	return errorBody(request)
}

// errorBody is a response of a header only.
func errorBody(request CommandID) PDU { return &UnknownPDU{Command: request.Response()} }

// handOut gives a request to Receive or Handle, or refuses it.
func (s *Session) handOut(r *Request) {
	busy := StatusThrottled
	if s.esme {
		busy = StatusRxTAppn
	}
	if s.cfg.Receive == nil && s.cfg.Handle == nil {
		s.refuse(r.Header, busy) // a temporary error: the peer keeps the message for a session that has a handler
		return
	}
	s.mu.Lock()
	if s.received >= s.cfg.MaxReceived {
		s.mu.Unlock()
		s.refuse(r.Header, busy)
		return
	}
	// An alert_notification that Receive got is done with; one that waits for Handle takes its place in the inbox.
	r.counted = s.cfg.Receive == nil || r.Header.Command != CommandAlertNotification
	if r.counted {
		s.received++
	}
	if s.cfg.Receive != nil {
		s.mu.Unlock()
		s.cfg.Receive(r)
		return
	}
	s.inbox = append(s.inbox, r)
	s.mu.Unlock()
	select {
	case s.inboxWake <- struct{}{}:
	default:
	}
}

// handle is the goroutine of Config.Handle.
func (s *Session) handle() {
	for {
		select {
		case <-s.inboxWake:
		case <-s.ctx.Done():
			return
		}
		s.mu.Lock()
		batch := s.inbox
		s.inbox = nil
		s.mu.Unlock()
		for _, r := range batch {
			if s.ctx.Err() != nil {
				return // not handled and not answered: the peer sends it again
			}
			// An answer that finds the session gone is lost like one on the wire: the peer sends the request again.
			_ = r.Answer(s.cfg.Handle(s.ctx, r.PDU), nil)
		}
	}
}
