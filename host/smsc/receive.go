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
		status := smpp.StatusOK
		if s.stopping.Load() {
			status = smpp.StatusSysErr
		} else if key := a.admit(r); key != "" {
			status = smpp.StatusThrottled
			s.logThrottled(a, key, now)
		}
		if status != smpp.StatusOK {
			s.count(a, status)
			s.send(r, status, nil)
			return
		}
		if refused := s.take(a, r, p, now); refused != nil {
			s.logRefused(a, refused)
			s.count(a, refused.status)
			a.mu.Lock()
			a.release(r)
			a.mu.Unlock()
			s.send(r, refused.status, nil)
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

// take begins what a submission asks for, or says why not.
func (s *SMSC) take(a *account, r *smpp.Request, p smpp.PDU, now time.Time) *refusal {
	var sub submission
	var refused *refusal
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
	if a.adopt && sub.concat != nil && sub.mode != smpp.ModeDatagram {
		return s.adopt(a, r, &sub, now)
	}
	return s.begin(a, r, &sub, now)
}

// send answers a request. One whose bind is gone hears nothing.
func (s *SMSC) send(r *smpp.Request, status smpp.Status, p smpp.PDU) {
	if err := r.Answer(status, p); err != nil {
		s.log.Debug("an answer has nobody to hear it", "from", r.Session.RemoteAddr().String(), "error", err)
	}
}
