package activation

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// lastCause is the highest cause value that 3GPP TS 29.060 §7.7.1 defines.
const lastCause gtp.Cause = 233

// ofCause is the outcome of a cause with which an SGSN answers a notification (3GPP TS 29.060 §7.3.9), or tells that there will be no
// context (§7.3.10). The specification names few for either; SGSNs use others, so all have a row.
func ofCause(c gtp.Cause) Outcome {
	o := Outcome{Stage: stageSGSN, Answer: c.String(), GTP: c, Cause: node.RefusedBySGSN}
	switch c {
	case gtp.CauseIMSINotKnown:
		o.Cause, o.AskAgain = node.UnknownIMSI, true
	case gtp.CauseMSDetached:
		o.Cause, o.NotReachable, o.Report = node.NotAttached, true, true
	case gtp.CauseMSNotResponding:
		o.Cause, o.NotReachable, o.Report, o.RetryAfter = node.NoPagingResponse, true, true, back
	case gtp.CauseTemporarilyNotReachable:
		o.Cause, o.NotReachable, o.Report, o.RetryAfter = node.NoPagingResponse, true, true, back
	case gtp.CauseMSRefuses:
		o.Cause = node.RejectedByTerminal
	case causeRoamingRestriction, causeAccessRestricted:
		o.Cause = node.RoamingRestriction
	case gtp.CauseAPNAccessDenied:
		o.Cause = node.NotSubscribed
	case gtp.CauseUnknownPDPAddressOrType:
		o.Cause = node.AddressRefused
	case causeSuspended: // a call of a terminal that can not do both
		o.RetryAfter = back
	case gtp.CauseAPNCongestion:
		o.RetryAfter = later
	case gtp.CauseNoResources, gtp.CauseNoMemory, gtp.CauseSystemFailure, gtp.CauseAllAddressesOccupied:
		o.Again, o.RetryAfter = true, later
	case gtp.CauseCollisionWithNetworkInit, gtp.CauseContextNotFound, causeSignature, causeRelocation, causeWithoutTFT, causeRedirection:
		o.Again, o.RetryAfter = true, soon
	}
	return o
}

// Causes that package gtp has no names for.
const (
	causeRoamingRestriction gtp.Cause = 205
	causeSignature          gtp.Cause = 206
	causeSuspended          gtp.Cause = 207
	causeRelocation         gtp.Cause = 213
	causeWithoutTFT         gtp.Cause = 221
	causeAccessRestricted   gtp.Cause = 231
	causeRedirection        gtp.Cause = 233
)

// errUnreadable stands for the *gtp.ParseError of an SGSN's answer.
var errUnreadable = errors.New("an answer that can not be read")

// ofPathError is the outcome of a notification that was not answered, or not sent.
func ofPathError(err error) Outcome {
	var bad *gtp.ParseError
	if errors.As(err, &bad) {
		err = errUnreadable
	}
	for _, known := range pathErrors {
		if errors.Is(err, known.err) {
			known.Stage = stageSGSN
			return known.Outcome
		}
	}
	return Outcome{Stage: stageNode, Answer: "the notification can not be sent", Cause: node.Failed}
}

// ofQuestionError is the outcome of a question that the HLR did not answer.
func ofQuestionError(err error) Outcome {
	for _, known := range questionErrors {
		if errors.Is(err, known.err) {
			known.Stage = stageHLR
			return known.Outcome
		}
	}
	return Outcome{Stage: stageHLR, Answer: "no answer", Cause: node.HLRFailed, RetryAfter: soon}
}

// A refusal is an outcome with its details.
type refusal struct {
	Outcome
	text string
}

// because words an outcome with its details.
func (o Outcome) because(format string, args ...any) refusal {
	return refusal{o, fmt.Sprintf(format, args...)}
}

// plain words an outcome that has none.
func (o Outcome) plain() refusal { return refusal{o, o.Answer} }

func (r refusal) result() node.Result {
	return node.Result{Cause: r.Cause, GTPCause: uint8(r.GTP), Text: r.text, RetryAfter: r.RetryAfter}
}

// unreachable is the refusal of a subscriber that the HLR says can not be reached.
func unreachable(l hlr.Location) refusal {
	reason := l.NotReachable
	if reason == "" {
		reason = hlr.LocationUnknown
	}
	return ofReason(reason).because("the HLR (%s) says that the terminal can not be reached: %s", l.Source, reason)
}
