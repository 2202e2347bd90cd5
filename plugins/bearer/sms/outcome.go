package sms

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A refusal is what an SMSC answered instead of success.
type refusal struct {
	status  smpp.Status
	class   smpp.Class
	reason  smpp.DeliveryFailureReason
	reasons bool // the SMSC gave a reason
	network smpp.NetworkError
}

// gsmAbsent are the MAP errors of a terminal that is not there (3GPP TS 29.002 §17.6): absent subscriber SM, absent subscriber.
// gsmUnknown is an unknown subscriber.
const (
	gsmUnknown  = 1
	gsmAbsentSM = 6
	gsmAbsent   = 27
)

func refusalOf(r smpp.Result) *refusal {
	tlvs := r.TLVs()
	f := &refusal{status: r.Status, class: smpp.Classifier{}.Class(r.Status, tlvs)}
	if v, ok, err := tlvs.Uint(smpp.TagDeliveryFailureReason); ok && err == nil {
		f.reason, f.reasons = smpp.DeliveryFailureReason(v), true
	}
	if n, ok, err := tlvs.NetworkError(); ok && err == nil {
		f.network = n
	}
	return f
}

// Error gives the refusal in the network's terms.
func (f *refusal) Error() string {
	s := f.status.String()
	if f.reasons {
		s += fmt.Sprintf(", delivery_failure_reason %d", f.reason)
	}
	switch f.network.Type {
	case 0:
	case smpp.NetworkGSM:
		s += fmt.Sprintf(", GSM error %d", f.network.Code)
	default:
		s += fmt.Sprintf(", network error %d of type %d", f.network.Code, f.network.Type)
	}
	return s
}

// absent says that the terminal was not there.
func (f *refusal) absent() bool {
	if f.network.Type == smpp.NetworkGSM {
		return f.network.Code == gsmAbsentSM || f.network.Code == gsmAbsent
	}
	return f.reasons && f.reason == smpp.FailureDestinationUnavailable
}

// unknownNumber says that nobody has the number.
func (f *refusal) unknownNumber() bool {
	switch f.status {
	case smpp.StatusInvDstAdr, smpp.StatusInvDstTON, smpp.StatusInvDstNPI:
		return true
	}
	return f.reasons && f.reason == smpp.FailureAddressInvalid || f.network == smpp.NetworkError{Type: smpp.NetworkGSM, Code: gsmUnknown}
}

// answerOf is what the engine has to know of the end of a submit_sm.
func answerOf(r smpp.Result) smstx.Answer {
	switch r.Outcome {
	case smpp.Accepted:
		return smstx.Answer{Verdict: smstx.Through}
	case smpp.NeverSent:
		return smstx.Answer{Verdict: smstx.Busy, Err: r.Err}
	case smpp.Refused:
		f := refusalOf(r)
		switch {
		case f.status == smpp.StatusInvBndSts: // the SMSC has forgotten the bind: nothing against this push
			return smstx.Answer{Verdict: smstx.Busy, Err: f}
		case f.class == smpp.ClassTemporary, f.class == smpp.ClassThrottled:
			// A throttled one pauses, too, while its link slows down: some SMSCs say "queue full" of one terminal, which must
			// not take the places of all others.
			return smstx.Answer{Verdict: smstx.Temporary, Err: f}
		}
		return smstx.Answer{Verdict: smstx.Permanent, Err: f}
	}
	return smstx.Answer{Verdict: smstx.NoAnswer, Err: r.Err}
}

// outcomeOf is what the gateway is told of the end of a transaction. README.md has it as a table.
func outcomeOf(r smstx.Result, total int) push.Outcome {
	if r.End == smstx.Complete {
		return push.Outcome{Kind: push.OutcomeDelivered}
	}
	if r.End == smstx.Drained && !r.Uncertain {
		return push.Returned() // to be started again, with its token if segments are through
	}
	o := push.Outcome{Kind: push.OutcomeFailedForNow, Cause: cause(r, total)}
	var f *refusal
	answered := errors.As(r.Last.Err, &f)
	switch {
	case r.Uncertain:
		o.Kind = push.OutcomeUnknown
	case r.End == smstx.Refused && (!answered || f.class != smpp.ClassUnclear):
		o.Kind = push.OutcomeRefused
		if answered && f.unknownNumber() {
			o.Code, o.Text = codeAddressNotFound, "the network does not know the number"
		} else if answered && f.status == smpp.StatusInvESMClass {
			o.Text = "the network does not deliver in transaction mode"
		}
	case answered && f.absent():
		o.Kind, o.Text = push.OutcomeUnreachable, "the terminal can not be reached"+partly(r, total)
	case answered && f.class == smpp.ClassThrottled, r.Last.Verdict == smstx.Busy, r.Last.Err == nil:
		o.Code, o.Text = codeServiceTemporary, "the network took no message in time"+partly(r, total)
	default:
		o.Text = "the network could not deliver the message in time" + partly(r, total)
	}
	return o
}

func partly(r smstx.Result, total int) string {
	if n := r.Through.Len(); n > 0 {
		return fmt.Sprintf("; %d of its %d parts arrived", n, total)
	}
	return ""
}

// cause is the end for the log.
func cause(r smstx.Result, total int) string {
	end := "refused"
	switch r.End {
	case smstx.WindowOver:
		end = "the time window ended"
	case smstx.Cancelled:
		end = "cancelled"
	case smstx.Unanswered:
		end = "not answered"
	case smstx.Drained:
		end = "the bearer was stopped"
	}
	if total > 1 {
		end += " with segments"
		for i := range total {
			if r.Through.Has(i) {
				end += fmt.Sprintf(" %d", i+1)
			}
		}
		if r.Through.Len() == 0 {
			end += " none"
		}
		end += fmt.Sprintf(" of %d through", total)
	}
	if r.Last.Err != nil {
		end += ": " + r.Last.Err.Error()
	}
	return end
}
