package esme

import (
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A Saying is something that an SMSC says of a message other than that it is delivered, and what it means.
type Saying struct {
	Says string // as operators find it in logs: "0x0B ESME_RINVDSTADR", "GSM error 27 absent subscriber"
	Then string // what is done
	Failure
}

// State is the message-state that the Push Initiator is told if the push ends with the failure (OMA-TS-PAP §9.13).
func (f Failure) State() string {
	if f.Kind == push.OutcomeUnknown {
		return "timeout"
	}
	return "undeliverable"
}

// What is done with a message after a failure.
const (
	thenAgain  = "sent again while there is time"
	thenSlower = "the link slows down, sent again while there is time"
	thenRebind = "the link is bound again, sent again while there is time"
	thenEnds   = "ends"
)

// lastStatus is the highest status that the specifications reserve.
const lastStatus smpp.Status = 0x4FF

// Sayings are all that an SMSC can say in an answer to a message, and in a receipt: every status that the specifications have, every
// reason, every network error that a short message can meet, every final state.
func Sayings() []Saying {
	var all []Saying
	add := func(says string, f *Refusal) { all = append(all, Saying{says, then(f), f.Failure()}) }
	for s := smpp.StatusOK + 1; s <= lastStatus; s++ {
		if named(s) {
			add(fmt.Sprintf("0x%02X %v", uint32(s), s), RefusalOf(smpp.Result{Status: s}))
		}
	}
	add("0x400 to 0x4FF, of vendors, and every other status", RefusalOf(smpp.Result{Status: 0x400}))
	for r := smpp.FailureDestinationUnavailable; r <= smpp.FailureTemporaryNetworkError; r++ {
		tlv := smpp.TLV{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(r)}}
		add(fmt.Sprintf("0xFE with delivery_failure_reason %d", r), failed(tlv))
	}
	for code := range uint16(256) {
		if name := gsmName(code); name != "" {
			tlv := smpp.TLV{Tag: smpp.TagNetworkErrorCode, Value: []byte{byte(smpp.NetworkGSM), 0, byte(code)}}
			add(fmt.Sprintf("0xFE with GSM error %d %s", code, name), failed(tlv))
		}
	}
	for _, s := range [...]smpp.MessageState{
		smpp.StateExpired, smpp.StateDeleted, smpp.StateUndeliverable, smpp.StateRejected, smpp.StateUnknown,
	} {
		all = append(all, Saying{"receipt " + stateName(s), thenEnds, ofState(s).Failure()})
	}
	return all
}

// failed is a failed delivery with one parameter.
func failed(tlv smpp.TLV) *Refusal {
	return RefusalOf(smpp.Result{
		Outcome: smpp.Refused, Status: smpp.StatusDeliveryFailure, Response: &smpp.DataSMResp{TLVs: smpp.TLVs{tlv}},
	})
}

func then(f *Refusal) string {
	switch {
	case f.Status == smpp.StatusInvBndSts:
		return thenRebind
	case f.Class == smpp.ClassThrottled:
		return thenSlower
	case f.Class == smpp.ClassTemporary:
		return thenAgain
	}
	return thenEnds
}
