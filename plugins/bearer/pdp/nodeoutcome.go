package pdp

import (
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A fate is what a result of a push node means for a push. README.md has the same table.
type fate struct {
	cause node.Cause
	gtp   []gtp.Cause // those that it holds for; none is all that no row before has
	what  string
	kind  push.OutcomeKind
	code  int
	text  string
	pause time.Duration // before a retry makes sense, unless the push node knows better
}

const (
	textUnavailable = "the network of the terminal is not available"
	textNotWoken    = "the network does not wake the terminal"
)

// fates has a row for every cause. What is with the terminal is unreachable, so that the plan's next attempt comes at once; what is with
// the network fails for now, so that it is tried again first, as far as the plan has it; what no retry would change is refused.
func fates() []fate {
	return []fate{
		{
			cause: node.RejectedByTerminal, what: "the terminal was asked to come online and said no",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal refuses to come online", pause: time.Minute,
		},
		{
			cause: node.NoPagingResponse, what: "the terminal was paged and did not answer",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal does not answer",
		},
		{
			cause: node.NotAttached, what: "the terminal is detached or purged, or no SGSN is known",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal is not attached to the network",
		},
		{
			cause: node.UnknownIMSI, what: "the HLR or the SGSN does not know the subscription",
			kind: push.OutcomeRefused, code: codeAddressNotFound, text: "the network does not know the subscriber",
		},
		{
			cause: node.NotIdentified, what: "no IMSI is known for the number or the address",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the network can not tell which terminal has the number",
		},
		{
			cause: node.NotSubscribed, what: "the subscription does not have the access point",
			kind: push.OutcomeRefused, code: codeServiceFailure, text: "the subscriber does not have this service",
		},
		{
			cause: node.RoamingRestriction, what: "the terminal is where it may not be served",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal is where it can not be reached",
		},
		{
			cause: node.NotListening, what: "the terminal answered that nothing there listens for pushes",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal does not listen for pushes",
		},
		{
			cause: node.RefusedBySGSN, what: "the SGSN does not know the procedure or the message",
			gtp: []gtp.Cause{
				gtp.CauseInvalidMessageFormat, gtp.CauseVersionNotSupported, gtp.CauseServiceNotSupported, gtp.CauseMandatoryIEIncorrect,
				gtp.CauseMandatoryIEMissing, gtp.CauseOptionalIEIncorrect, gtp.CauseUnknownMandatoryExtension,
			},
			kind: push.OutcomeRefused, code: codeServiceFailure, text: textNotWoken,
		},
		{
			cause: node.RefusedBySGSN, what: "the SGSN does not know the address or the access point",
			gtp:  []gtp.Cause{gtp.CauseMissingOrUnknownAPN, gtp.CauseUnknownPDPAddressOrType, gtp.CauseAPNAccessDenied},
			kind: push.OutcomeRefused, code: codeServiceFailure, text: textNotWoken,
		},
		{
			cause: node.RefusedBySGSN, what: "the terminal or its subscription is not let in there",
			gtp: []gtp.Cause{
				causeRoamingRestriction, causeAuthenticationFailure, gtp.CauseUserAuthenticationFailed, causeAPNRestriction,
				causeBearerHandling, causeAccessRestricted,
			},
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal can not be reached",
		},
		{
			cause: node.RefusedBySGSN, what: "the terminal saves power, or what it had is suspended",
			gtp:  []gtp.Cause{causeSuspended, gtp.CauseTemporarilyNotReachable},
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal can not be reached for the moment", pause: time.Minute,
		},
		{
			cause: node.RefusedBySGSN, what: "the network is congested", gtp: []gtp.Cause{gtp.CauseAPNCongestion},
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 30 * time.Second,
		},
		{
			cause: node.RefusedBySGSN, what: "the SGSN refused for any other reason",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 5 * time.Second,
		},
		{
			cause: node.SGSNSilent, what: "the SGSN did not answer",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 10 * time.Second,
		},
		{
			cause: node.SGSNRestarted, what: "the SGSN was started anew meanwhile",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 5 * time.Second,
		},
		{
			cause: node.HLRFailed, what: "the HLR could not be asked, or had no answer",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 5 * time.Second,
		},
		{
			cause: node.ActivationTimeout, what: "the SGSN took the notification, and no context came in time",
			kind: push.OutcomeUnreachable, code: codeServiceFailure, text: "the terminal does not come online",
		},
		{
			cause: node.NoAddressLeft, what: "the push node's pool of addresses is empty",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 10 * time.Second,
		},
		{
			cause: node.AddressRefused, what: "the terminal came online with another address than its own",
			kind: push.OutcomeRefused, code: codeServiceFailure, text: "the terminal has a wrong address",
		},
		{
			cause: node.ContextLost, what: "the context ended before the push was sent, or under it",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: "the terminal went offline", pause: time.Second,
		},
		{
			cause: node.NotServed, what: "the access point or the subscription is none of the push node's",
			kind: push.OutcomeRefused, code: codeServiceFailure, text: textNotWoken,
		},
		{
			cause: node.TooLong, what: "longer than the way to the terminal takes",
			kind: push.OutcomeRefused, code: codeServiceFailure, text: textTooLong,
		},
		{
			cause: node.QueueFull, what: "too many pushes wait at the push node",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: time.Second,
		},
		{
			cause: node.Expired, what: "the time was over while it waited for its turn",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable,
		},
		{
			cause: node.Cancelled, what: "cancelled; given back if the bearer is stopped",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: "cancelled before it was sent",
		},
		{
			cause: node.NodeStopping, what: "the push node is being stopped or started anew",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: 2 * time.Second,
		},
		{
			cause: node.Failed, what: "the push node had an error of its own, or gave a cause that is not known here",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable, pause: time.Second,
		},
		{
			cause: node.NodeDown, what: "there is no connection to the push node",
			kind: push.OutcomeFailedForNow, code: codeServiceUnavailable, text: textUnavailable,
		},
		{
			cause: node.NodeLost, what: "the connection to the push node broke before the answer came: it was killed, or the network between",
			kind: push.OutcomeUnknown, code: codeServiceFailure, text: "the network gave no answer; the message may have arrived",
		},
		{
			cause: node.NoAnswer, what: "the push node did not answer in time",
			kind: push.OutcomeUnknown, code: codeServiceFailure, text: "the network gave no answer; the message may have arrived",
		},
		{
			cause: node.InvalidPush, what: "the push has a field that no push node takes",
			kind: push.OutcomeRefused, code: codeServiceFailure, text: "the push can not be sent over this bearer",
		},
	}
}

// Values of the GTP cause that package gtp has no names for (3GPP TS 29.060 §7.7.1).
const (
	causeRoamingRestriction    gtp.Cause = 205
	causeSuspended             gtp.Cause = 207
	causeAuthenticationFailure gtp.Cause = 208
	causeAPNRestriction        gtp.Cause = 223
	causeBearerHandling        gtp.Cause = 230
	causeAccessRestricted      gtp.Cause = 231
)

// fateOf is the row of a result; a cause that has none is taken for Failed.
func fateOf(c node.Cause, g uint8) fate {
	var failed fate
	for _, f := range fates() {
		if f.cause == c && (len(f.gtp) == 0 || slices.Contains(f.gtp, gtp.Cause(g))) {
			return f
		}
		if f.cause == node.Failed {
			failed = f
		}
	}
	return failed
}

// outcomeOfResult is the outcome of a push that a push node had.
func outcomeOfResult(r node.Result) push.Outcome {
	if r.Sent {
		o := push.Outcome{Kind: push.OutcomeAccepted, Cause: r.Text, Exchanges: r.Exchanges}
		if o.Cause == "" {
			o.Cause = "sent by the push node"
		}
		return o
	}
	f := fateOf(r.Cause, r.GTPCause)
	o := push.Outcome{
		Kind: f.kind, Code: f.code, Text: f.text, Cause: string(r.Cause), RetryAfter: f.pause, Exchanges: r.Exchanges,
	}
	if r.GTPCause != 0 {
		o.Cause += " (GTP cause " + gtp.Cause(r.GTPCause).String() + ")"
	}
	if r.Text != "" {
		o.Cause += ": " + r.Text
	}
	if r.RetryAfter > 0 {
		o.RetryAfter = r.RetryAfter
	}
	return o
}
