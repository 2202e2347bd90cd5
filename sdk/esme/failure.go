package esme

import (
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// PAP codes (OMA-TS-PAP §9.14).
const (
	codeAddressNotFound    = 2003
	codeServiceFailure     = 4000
	codeServiceUnavailable = 4001
)

// A Failure is what an answer of an SMSC other than success means for a push that ends with it.
type Failure struct {
	Kind push.OutcomeKind
	Code int    // of PAP
	Text string // for the Push Initiator
	Hint string // for the operator, "" if there is nothing to do
}

// A failure names a Failure. Everything that an SMSC can say is one of these.
type failure uint8

const (
	absent failure = iota
	noSuchNumber
	noService
	busyTerminal
	notInTime
	notTaken
	unclear
	rejected
	badSource
	badMode
	badService
	badCoding
	badRequest
	odd
	dropped
	undelivered
	nobodyKnows
)

// Failure is what the name stands for.
func (f failure) Failure() Failure {
	switch f {
	case absent:
		return Failure{push.OutcomeUnreachable, codeServiceFailure, "the terminal can not be reached", ""}
	case noSuchNumber:
		return Failure{push.OutcomeRefused, codeAddressNotFound, "the network does not know the number", ""}
	case noService:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network does not deliver short messages to this subscriber", ""}
	case busyTerminal:
		return Failure{push.OutcomeFailedForNow, codeServiceUnavailable, "the terminal could not take the message", ""}
	case notInTime:
		return Failure{push.OutcomeFailedForNow, codeServiceUnavailable, "the network could not deliver the message in time", ""}
	case notTaken:
		return Failure{push.OutcomeFailedForNow, codeServiceUnavailable, "the network took no message in time", ""}
	case unclear:
		return Failure{push.OutcomeFailedForNow, codeServiceUnavailable, "the network could not deliver the message", "ask who runs the SMSC"}
	case rejected:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", ""}
	case badSource:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", "`source`, `source_ton`, `source_npi`"}
	case badMode:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network does not deliver in this way", "`mode`, `store_mode`"}
	case badService:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", "`service_type`"}
	case badCoding:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", "`data_coding`"}
	case badRequest:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", "`mode`, `submit`: the SMSC does not take such requests"}
	case odd:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network refused the message", "an answer to something else: ask who runs the SMSC"}
	case dropped:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network dropped the message", ""}
	case undelivered:
		return Failure{push.OutcomeRefused, codeServiceFailure, "the network could not deliver the message", ""}
	}
	return Failure{push.OutcomeUnknown, codeServiceFailure, "the network does not know what became of the message", ""}
}

// ofStatus is what a status means by itself (SMPP 3.4 §5.1.3, 5.0 §4.7.6).
func ofStatus(s smpp.Status) failure {
	switch s {
	case smpp.StatusThrottled, smpp.StatusMsgQFul, smpp.StatusInvBndSts:
		return notTaken
	case smpp.StatusSysErr, smpp.StatusRxTAppn, smpp.StatusDeliveryFailure:
		return notInTime
	case smpp.StatusSubmitFail, smpp.StatusUnknownErr:
		return unclear
	case smpp.StatusInvDstAdr, smpp.StatusInvDstTON, smpp.StatusInvDstNPI:
		return noSuchNumber
	case smpp.StatusInvSrcAdr, smpp.StatusInvSrcTON, smpp.StatusInvSrcNPI, 0x105:
		return badSource
	case smpp.StatusInvESMClass:
		return badMode
	case smpp.StatusInvSerTyp, 0x100, 0x102, 0x103:
		return badService
	case 0x104:
		return badCoding
	case smpp.StatusInvMsgLen, smpp.StatusInvCmdLen, smpp.StatusInvCmdID, smpp.StatusInvPrtFlg, smpp.StatusInvRegDlvFlg, 0x42, 0x54,
		smpp.StatusInvSched, smpp.StatusInvExpiry, 0x63, smpp.StatusInvTLVStream, smpp.StatusTLVNotAllwd, smpp.StatusInvTLVLen,
		smpp.StatusMissingTLV, smpp.StatusInvTLVVal, 0x101, 0x106:
		return badRequest
	case smpp.StatusRxPAppn, smpp.StatusRxRAppn:
		return rejected
	}
	if !named(s) {
		return unclear
	}
	return odd
}

// named says whether the specifications have the status.
func named(s smpp.Status) bool { return strings.HasPrefix(s.String(), "ESME_") }

// ofGSM is what a MAP error number means (3GPP TS 29.002 §17.6); false for one that a short message does not meet.
func ofGSM(code uint16) (failure, bool) {
	switch code {
	case 1: // unknown subscriber
		return noSuchNumber, true
	case 6, 27: // absent subscriber SM, absent subscriber
		return absent, true
	case 9, 11, 12, 13, 21: // illegal subscriber, teleservice not provisioned, illegal equipment, call barred, facility not supported
		return noService, true
	case 31, 32: // subscriber busy for MT SMS, SM delivery failure (memory full)
		return busyTerminal, true
	case 5, 34: // unidentified subscriber: the MSC has forgotten it; system failure
		return notInTime, true
	case 35, 36: // data missing, unexpected data value
		return rejected, true
	}
	return 0, false
}

// gsmName is a MAP error of ofGSM in the words of TS 29.002.
func gsmName(code uint16) string {
	switch code {
	case 1:
		return "unknown subscriber"
	case 5:
		return "unidentified subscriber"
	case 6:
		return "absent subscriber SM"
	case 9:
		return "illegal subscriber"
	case 11:
		return "teleservice not provisioned"
	case 12:
		return "illegal equipment"
	case 13:
		return "call barred"
	case 21:
		return "facility not supported"
	case 27:
		return "absent subscriber"
	case 31:
		return "subscriber busy for MT SMS"
	case 32:
		return "SM delivery failure"
	case 34:
		return "system failure"
	case 35:
		return "data missing"
	case 36:
		return "unexpected data value"
	}
	return ""
}

// ofReason is what a delivery_failure_reason means (SMPP 3.4 §5.3.2.33).
func ofReason(r smpp.DeliveryFailureReason) (failure, bool) {
	switch r {
	case smpp.FailureDestinationUnavailable:
		return absent, true
	case smpp.FailureAddressInvalid:
		return noSuchNumber, true
	case smpp.FailurePermanentNetworkError:
		return rejected, true
	case smpp.FailureTemporaryNetworkError:
		return notInTime, true
	}
	return 0, false
}

// ofState is what the final state of a stored message means (SMPP 3.4 §5.2.28).
func ofState(s smpp.MessageState) failure {
	switch s {
	case smpp.StateExpired:
		return notInTime
	case smpp.StateDeleted:
		return dropped
	case smpp.StateUndeliverable:
		return undelivered
	case smpp.StateRejected:
		return rejected
	}
	return nobodyKnows
}

// Failure is what the refusal means for a push that ends with it.
func (f *Refusal) Failure() Failure { return f.failure().Failure() }

// failure is what the refusal means. The status decides where it can; after a failed delivery, or a status that says nothing, the
// reason and the network's error do, as far as they say the same about sending it again.
func (f *Refusal) failure() failure {
	says := ofStatus(f.Status)
	if says.Failure().Kind == push.OutcomeRefused || says == notTaken {
		return says
	}
	fits := func(other failure) bool {
		return (other.Failure().Kind == push.OutcomeRefused) == (f.Class == smpp.ClassPermanent)
	}
	if other, ok := ofReason(f.Reason); ok && f.Reasons && fits(other) {
		says = other
	}
	if f.Network.Type == smpp.NetworkGSM && says != noSuchNumber {
		if other, ok := ofGSM(f.Network.Code); ok && fits(other) {
			says = other
		}
	}
	return says
}

// StateOutcome is what became of a message that an SMSC had stored and says is in this final state, with the network's error if it
// told one.
func StateOutcome(state smpp.MessageState, network smpp.NetworkError) push.Outcome {
	if state == smpp.StateDelivered {
		return push.Outcome{Kind: push.OutcomeDelivered}
	}
	says, cause := ofState(state), fmt.Sprintf("message_state %d %s", state, stateName(state))
	if network.Type != 0 {
		cause += networkText(network)
	}
	if network.Type == smpp.NetworkGSM && (state == smpp.StateExpired || state == smpp.StateUndeliverable) {
		if other, ok := ofGSM(network.Code); ok {
			says = other
		}
	}
	failure := says.Failure()
	return push.Outcome{Kind: failure.Kind, Code: failure.Code, Text: failure.Text, Cause: cause}
}

func stateName(s smpp.MessageState) string {
	switch s {
	case smpp.StateExpired:
		return "EXPIRED"
	case smpp.StateDeleted:
		return "DELETED"
	case smpp.StateUndeliverable:
		return "UNDELIVERABLE"
	case smpp.StateRejected:
		return "REJECTED"
	}
	return "UNKNOWN"
}

func networkText(n smpp.NetworkError) string {
	if n.Type != smpp.NetworkGSM {
		return fmt.Sprintf(", network error %d of type %d", n.Code, n.Type)
	}
	if name := gsmName(n.Code); name != "" {
		return fmt.Sprintf(", GSM error %d %s", n.Code, name)
	}
	return fmt.Sprintf(", GSM error %d", n.Code)
}
