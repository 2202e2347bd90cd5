package activation

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// An Outcome is a way in which an activation fails, and what follows from it.
type Outcome struct {
	// Stage is who says so: "HLR", "SGSN" (in answer to the notification, or in a PDU Notification Reject Request), "node".
	Stage string
	// Answer is what is said.
	Answer string
	// GTP is the cause value of it, 0 for none.
	GTP gtp.Cause
	// Reason is the HLR's, "" for none.
	Reason hlr.Reason
	// Cause is the push's.
	Cause node.Cause
	// RetryAfter is told with it.
	RetryAfter time.Duration
	// Again: the terminal is notified again, once, if there is time and room for it (Limits.Retrying).
	Again bool
	// AskAgain: the HLR is asked again, once, whatever is remembered, and the terminal notified if it is elsewhere.
	AskAgain bool
	// NotReachable: the MNRG flag is set, which the HLR's Note MS GPRS Present clears. Report: the HLR is told with a Failure
	// Report, so that it sets its own.
	NotReachable, Report bool
}

// What a retry waits for, by what has to pass: a short disturbance, a network that is full or down, a terminal that has to come back.
const (
	soon  = 5 * time.Second
	later = 30 * time.Second
	back  = 2 * time.Minute
)

// Causes returns every outcome but success: what the HLR says, what the SGSN says, in the order of GTP's causes, and what the node finds.
func Causes() []Outcome {
	var all []Outcome
	for _, o := range reasons {
		all = append(all, ofReason(o.Reason))
	}
	for _, o := range questionErrors {
		o.Outcome.Stage = stageHLR
		all = append(all, o.Outcome)
	}
	for cause := gtp.CauseNonExistent; cause <= lastCause; cause++ {
		all = append(all, ofCause(cause))
	}
	for _, o := range pathErrors {
		o.Outcome.Stage = stageSGSN
		all = append(all, o.Outcome)
	}
	for _, o := range ownOutcomes() {
		o.Stage = stageNode
		all = append(all, o)
	}
	return all
}

const (
	stageHLR  = "HLR"
	stageSGSN = "SGSN"
	stageNode = "node"
)

// reasons are those of an HLR for which no notification is sent (3GPP TS 23.060 §9.2.2.2), in the order of their numbers (TS 29.060
// §7.7.25A), and behind them those of registers that do not use the numbers. The two with "no paging response" end an activation
// only if the HLR names no SGSN.
var reasons = [...]Outcome{
	{Reason: hlr.NoPagingViaMSC, Cause: node.NoPagingResponse},
	{Reason: "IMSI detached", Cause: node.NotAttached},
	{Reason: roamingRestriction, Cause: node.RoamingRestriction},
	{Reason: "deregistered in the HLR for non GPRS", Cause: node.NotAttached},
	{Reason: "purged for non GPRS", Cause: node.NotAttached},
	{Reason: hlr.NoPagingResponse, Cause: node.NoPagingResponse},
	{Reason: hlr.GPRSDetached, Cause: node.NotAttached},
	{Reason: "deregistered in the HLR for GPRS", Cause: node.NotAttached},
	{Reason: hlr.PurgedForGPRS, Cause: node.NotAttached},
	{Reason: "unidentified subscriber via the MSC", Cause: node.NotAttached},
	{Reason: "unidentified subscriber via the SGSN", Cause: node.NotAttached},
	{Reason: "deregistered in the HSS/HLR for IMS", Cause: node.NotAttached},
	{Reason: "no response via the IP-SM-GW", Cause: node.NotAttached},
	{Reason: "temporarily unavailable", Cause: node.NotAttached},
	{Reason: hlr.Absent, Cause: node.NotAttached},
	{Reason: hlr.NotProvisioned, Cause: node.NotSubscribed},
	{Reason: hlr.LocationUnknown, Cause: node.NotAttached},
	{Reason: hlr.NotReachablePaged, Cause: node.NoPagingResponse},
}

// roamingRestriction is the text of package hlr for reason 2.
const roamingRestriction hlr.Reason = "roaming restriction"

// ofReason is the outcome of an HLR's answer that a subscriber can not be reached.
func ofReason(r hlr.Reason) Outcome {
	o := Outcome{Reason: r, Cause: node.NotAttached}
	for _, known := range reasons {
		if known.Reason == r {
			o = known
		}
	}
	// The HLR has noted this node by the question itself, and will tell of the terminal's return (TS 23.060 §9.2.2.2).
	o.Stage, o.Answer, o.NotReachable = stageHLR, "not reachable: "+string(r), o.Cause != node.NotSubscribed
	return o
}

// questionErrors are those of a question to the HLR.
var questionErrors = [...]struct {
	err error
	Outcome
}{
	{hlr.ErrUnknownSubscriber, Outcome{Answer: "unknown subscriber", Cause: node.UnknownIMSI}},
	{hlr.ErrDown, Outcome{Answer: "it can not be asked", Cause: node.HLRFailed, RetryAfter: soon}},
	{hlr.ErrTimeout, Outcome{Answer: "no answer", Cause: node.HLRFailed, RetryAfter: soon}},
	{hlr.ErrRefused, Outcome{Answer: "it does not say", Cause: node.HLRFailed, RetryAfter: later}},
	{hlr.ErrGarbage, Outcome{Answer: "an answer that can not be used", Cause: node.HLRFailed, RetryAfter: later}},
	{hlr.ErrQuestion, Outcome{Answer: "a question that it can not be asked", Cause: node.HLRFailed}},
}

// foreign is an SGSN that this node may not talk with.
var foreign = Outcome{Stage: stageNode, Answer: "the SGSN is none that this node may talk with", Cause: node.RoamingRestriction}

// pathErrors are those of a PDU Notification Request.
var pathErrors = [...]struct {
	err error
	Outcome
}{
	{gtp.ErrNoResponse, Outcome{Answer: "no answer to the notification", Cause: node.SGSNSilent, RetryAfter: later}},
	{gtp.ErrPeerVersion, Outcome{
		Answer: "Version Not Supported", GTP: gtp.CauseVersionNotSupported, Cause: node.RefusedBySGSN,
	}},
	{errUnreadable, Outcome{Answer: "an answer that can not be read", Cause: node.RefusedBySGSN, RetryAfter: later}},
	{gtp.ErrBusy, Outcome{Answer: "too many notifications wait for an answer", Cause: node.QueueFull, RetryAfter: soon}},
	{gtp.ErrClosed, Outcome{Answer: "the path is closed", Cause: node.NodeStopping}},
}

// The outcomes that the node finds. The first ones are of an activation, the others of a push alone.
var (
	contextLate    = Outcome{Answer: "the SGSN took the notification, and no context came", Cause: node.ActivationTimeout, RetryAfter: later}
	sgsnRestarted  = Outcome{Answer: "the SGSN restarted", Cause: node.SGSNRestarted, RetryAfter: soon, Again: true}
	noAddress      = Outcome{Answer: "the pool has no address left", GTP: gtp.CauseAllAddressesOccupied, Cause: node.NoAddressLeft, RetryAfter: later}
	wrongAddress   = Outcome{Answer: "another address than the one that was offered", GTP: gtp.CauseUnknownPDPAddressOrType, Cause: node.AddressRefused}
	otherAddress   = Outcome{Answer: "the address is another subscriber's", Cause: node.AddressRefused}
	otherNumber    = Outcome{Answer: "the address is of a terminal with another number", Cause: node.AddressRefused}
	noStatic       = Outcome{Answer: "nobody knows the subscriber's static address", Cause: node.NotServed}
	contextRefused = Outcome{Answer: "the node refused the context", Cause: node.Failed, RetryAfter: soon}
	contextLost    = Outcome{Answer: "the context was released, twice", Cause: node.ContextLost, RetryAfter: soon}
	stopping       = Outcome{Answer: "the node is being stopped", Cause: node.NodeStopping}
	notServed      = Outcome{Answer: "the access point or the subscriber is not served", Cause: node.NotServed}
	nobody         = Outcome{Answer: "no IMSI is known for the number or the address", Cause: node.NotIdentified}
	fullTerminal   = Outcome{Answer: "too many pushes wait for the terminal", Cause: node.QueueFull, RetryAfter: soon}
	fullNode       = Outcome{Answer: "too many pushes wait", Cause: node.QueueFull, RetryAfter: soon}
	tooLong        = Outcome{Answer: "longer than the way to the terminal takes", Cause: node.TooLong}
	notSent        = Outcome{Answer: "the push can not be sent", Cause: node.Failed}
	twice          = Outcome{Answer: "a push with its identifier waits already", Cause: node.Failed}
	outOfTime      = Outcome{Answer: "its time was over while it waited for its turn", Cause: node.Expired}
	cancelled      = Outcome{Answer: "it was cancelled", Cause: node.Cancelled}
)

func ownOutcomes() []Outcome {
	return []Outcome{
		foreign, contextLate, sgsnRestarted, noAddress, wrongAddress, otherAddress, otherNumber, noStatic, contextRefused, contextLost, stopping,
		notServed, nobody, fullTerminal, fullNode, tooLong, notSent, twice, outOfTime, cancelled,
	}
}
