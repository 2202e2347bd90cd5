package esme

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// PAP codes (OMA-TS-PAP §9.14).
const (
	codeAddressNotFound  = 2003
	codeServiceTemporary = 4001
)

// gsmAbsent are the MAP errors of a terminal that is not there (3GPP TS 29.002 §17.6): absent subscriber SM, absent subscriber.
// gsmUnknown is an unknown subscriber.
const (
	gsmUnknown  = 1
	gsmAbsentSM = 6
	gsmAbsent   = 27
)

// absent says that the terminal was not there.
func (f *Refusal) absent() bool {
	if f.Network.Type == smpp.NetworkGSM {
		return f.Network.Code == gsmAbsentSM || f.Network.Code == gsmAbsent
	}
	return f.Reasons && f.Reason == smpp.FailureDestinationUnavailable
}

// unknownNumber says that nobody has the number.
func (f *Refusal) unknownNumber() bool {
	switch f.Status {
	case smpp.StatusInvDstAdr, smpp.StatusInvDstTON, smpp.StatusInvDstNPI:
		return true
	}
	return f.Reasons && f.Reason == smpp.FailureAddressInvalid || f.Network == smpp.NetworkError{Type: smpp.NetworkGSM, Code: gsmUnknown}
}

// Outcome is what became of a message of so many segments whose transaction has ended.
func Outcome(r smstx.Result, total int) push.Outcome {
	if r.End == smstx.Complete {
		return push.Outcome{Kind: push.OutcomeDelivered}
	}
	if r.End == smstx.Drained && !r.Uncertain {
		return push.Returned() // to be started again, with its token if segments are through
	}
	o := push.Outcome{Kind: push.OutcomeFailedForNow, Cause: cause(r, total)}
	var f *Refusal
	answered := errors.As(r.Last.Err, &f)
	switch {
	case r.Uncertain:
		o.Kind = push.OutcomeUnknown
	case r.End == smstx.Refused && (!answered || f.Class != smpp.ClassUnclear):
		o.Kind = push.OutcomeRefused
		if answered && f.unknownNumber() {
			o.Code, o.Text = codeAddressNotFound, "the network does not know the number"
		} else if answered && f.Status == smpp.StatusInvESMClass {
			o.Text = "the network does not deliver in transaction mode"
		}
	case answered && f.absent():
		o.Kind, o.Text = push.OutcomeUnreachable, "the terminal can not be reached"+partly(r, total)
	case answered && f.Class == smpp.ClassThrottled, r.Last.Verdict == smstx.Busy, r.Last.Err == nil:
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

// StateOutcome is what became of a message that an SMSC had stored and says is in this final state, with the network's error if it
// told one.
func StateOutcome(state smpp.MessageState, network smpp.NetworkError) push.Outcome {
	return push.Outcome{}
}
