package esme

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A Refusal is what an SMSC answered instead of success.
type Refusal struct {
	Status  smpp.Status
	Class   smpp.Class
	Reason  smpp.DeliveryFailureReason
	Reasons bool              // the SMSC gave a reason
	Network smpp.NetworkError // its Type is 0 without one
}

// RefusalOf reads the answer to a message that was refused.
func RefusalOf(r smpp.Result) *Refusal {
	tlvs := r.TLVs()
	f := &Refusal{Status: r.Status, Class: smpp.Classifier{}.Class(r.Status, tlvs)}
	if v, ok, err := tlvs.Uint(smpp.TagDeliveryFailureReason); ok && err == nil {
		f.Reason, f.Reasons = smpp.DeliveryFailureReason(v), true
	}
	if n, ok, err := tlvs.NetworkError(); ok && err == nil {
		f.Network = n
	}
	return f
}

// Error gives the refusal in the network's terms.
func (f *Refusal) Error() string {
	s := f.Status.String()
	if f.Reasons {
		s += fmt.Sprintf(", delivery_failure_reason %d", f.Reason)
	}
	if f.Network.Type != 0 {
		s += networkText(f.Network)
	}
	return s
}

// Answer is what a transaction engine has to know of the end of a segment that was submitted in transaction mode. The Err of any
// but a success is a *Refusal, or says why there is no answer.
func Answer(r smpp.Result) smstx.Answer {
	switch r.Outcome {
	case smpp.Accepted:
		return smstx.Answer{Verdict: smstx.Through}
	case smpp.NeverSent:
		if unfit(r.Err) {
			return smstx.Answer{Verdict: smstx.Permanent, Err: r.Err}
		}
		return smstx.Answer{Verdict: smstx.Busy, Err: r.Err}
	case smpp.Refused:
		f := RefusalOf(r)
		switch {
		case f.Status == smpp.StatusInvBndSts: // the SMSC has forgotten the bind: nothing against this message
			return smstx.Answer{Verdict: smstx.Busy, Err: f}
		case f.Class == smpp.ClassTemporary, f.Class == smpp.ClassThrottled:
			// A throttled one pauses, too, while its link slows down: some SMSCs say "queue full" of one terminal, which must
			// not take the places of all others.
			return smstx.Answer{Verdict: smstx.Temporary, Err: f}
		}
		return smstx.Answer{Verdict: smstx.Permanent, Err: f}
	}
	return smstx.Answer{Verdict: smstx.NoAnswer, Err: r.Err}
}

// unfit says whether a request was not sent because no link can send it.
func unfit(err error) bool {
	var encode *smpp.EncodeError
	return errors.As(err, &encode) || errors.Is(err, smpp.ErrDirection)
}
