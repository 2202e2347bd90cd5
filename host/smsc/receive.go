package smsc

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// receive takes a request of an ESME. It runs on the goroutine that reads the bind.
func (s *SMSC) receive(r *smpp.Request) {
	a := s.account(r.Session.Bind().SystemID)
	now := r.Received()
	pdu := r.PDU
	r.PDU = nil // it may wait long for its answer
	switch p := pdu.(type) {
	case *smpp.SubmitSM, *smpp.DataSM:
		if a == nil { // its link is being unbound
			s.send(r, smpp.StatusSysErr, nil)
			return
		}
		if s.stopping.Load() {
			s.refuse(a, r, smpp.StatusSysErr)
			return
		}
		throttled, refused := s.take(a, r, p, now)
		switch {
		case throttled != "":
			s.logThrottled(a, throttled, now)
			s.refuse(a, r, smpp.StatusThrottled)
		case refused != nil:
			s.logRefused(a, refused)
			s.refuse(a, r, refused.status)
		}
	case *smpp.QuerySM:
		s.send(r, smpp.StatusQueryFail, nil) // no message is known after its answer
	case *smpp.CancelSM:
		s.send(r, smpp.StatusCancelFail, nil)
	case *smpp.ReplaceSM:
		s.send(r, smpp.StatusReplaceFail, nil)
	default:
		s.send(r, smpp.StatusInvCmdID, nil)
	}
}

// take begins what a submission asks for, or says which key throttles the ESME, or why else not. It is one that throttles also where
// the submission could not be taken anyway.
func (s *SMSC) take(a *account, r *smpp.Request, p smpp.PDU, now time.Time) (throttled string, refused *refusal) {
	var sub submission
	refused = s.read(&sub, a, r, p, now)
	a.mu.Lock()
	if throttled = a.admit(r, now); throttled != "" {
		a.mu.Unlock()
		return throttled, nil
	}
	var one *transaction
	var several []*transaction
	switch {
	case refused != nil:
	case a.adopt && sub.concat != nil && sub.mode != smpp.ModeDatagram:
		several, refused = s.adopt(a, r, &sub, now)
	default:
		one, refused = s.begin(a, r, &sub, now)
	}
	if refused != nil {
		a.release(r)
	}
	a.mu.Unlock()
	if one != nil {
		s.add(one)
	}
	s.startAll(several)
	return "", refused
}

// read reads what a submission says, or says why it can not be taken.
func (s *SMSC) read(sub *submission, a *account, r *smpp.Request, p smpp.PDU, now time.Time) (refused *refusal) {
	if submit, ok := p.(*smpp.SubmitSM); ok {
		if refused = sub.readSubmit(submit, now); a.adopt && wantsReceipt(submit) {
			r.PDU = receiptFor(submit)
		}
	} else {
		refused = sub.readData(p.(*smpp.DataSM))
	}
	switch {
	case refused != nil:
		return refused
	case !a.maySend(sub.source.Addr):
		return refuse(smpp.StatusInvSrcAdr, "source "+sub.source.Addr+" is not among its senders")
	case !a.adopt && sub.mode != smpp.ModeTransaction && sub.mode != smpp.ModeDatagram:
		return refuse(smpp.StatusInvESMClass, "esm_class: nothing is stored here, only transaction and datagram mode are served")
	}
	return nil
}

// refuse answers a submission that is not taken.
func (s *SMSC) refuse(a *account, r *smpp.Request, status smpp.Status) {
	s.count(a, status)
	s.send(r, status, nil)
}

// send answers a request. One whose bind is gone hears nothing.
func (s *SMSC) send(r *smpp.Request, status smpp.Status, p smpp.PDU) {
	if err := r.Answer(status, p); err != nil {
		s.log.Debug("an answer has nobody to hear it", "from", r.Session.RemoteAddr().String(), "error", err)
	}
}
