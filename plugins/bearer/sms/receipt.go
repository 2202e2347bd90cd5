package sms

import (
	"strings"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A receipt is what an SMSC says of one message that it had stored.
type receipt struct {
	id      string
	state   smpp.MessageState
	network smpp.NetworkError // Type 0 without one
	err     string            // the text's own error code, whose meaning only the SMSC knows
	parties [2]string         // the addresses of the message, whichever way round
}

// receiptOf reads a receipt: its parameters if it has them, otherwise its text (SMPP 3.4 appendix B). False is no receipt.
func receiptOf(p smpp.PDU) (receipt, bool) {
	var r receipt
	var class smpp.ESMClass
	var tlvs smpp.TLVs
	var text []byte
	switch p := p.(type) {
	case *smpp.DeliverSM:
		class, tlvs, text = p.ESMClass, p.TLVs, p.UserData()
		r.parties = [2]string{p.Source.Addr, p.Destination.Addr}
	case *smpp.DataSM:
		class, tlvs = p.ESMClass, p.TLVs
		text, _ = p.TLVs.Get(smpp.TagMessagePayload)
		r.parties = [2]string{p.Source.Addr, p.Destination.Addr}
	}
	id, byParameter := tlvs.CString(smpp.TagReceiptedMessageID)
	switch kind := class & smpp.TypeMask; {
	case kind == smpp.TypeSMSCReceipt, kind == smpp.TypeIntermediateNotification:
	case kind != 0 || !byParameter: // some SMSCs leave the message type out
		return receipt{}, false
	}
	fields := receiptFields(string(text))
	if r.id = id; id == "" {
		r.id = fields["id"]
	}
	if v, ok, err := tlvs.Uint(smpp.TagMessageState); ok && err == nil {
		r.state = smpp.MessageState(v)
	} else {
		r.state = stateOf(fields["stat"])
	}
	if n, ok, err := tlvs.NetworkError(); ok && err == nil {
		r.network = n
	}
	r.err = fields["err"]
	return r, r.id != "" && r.state != 0
}

// receiptFields reads the "key:value" of a receipt that say something here. A key of two words begins with its second one's.
func receiptFields(text string) map[string]string {
	fields := map[string]string{}
	for rest := text; rest != ""; {
		var word string
		word, rest, _ = strings.Cut(strings.TrimLeft(rest, " \r\n\t"), " ")
		key, value, ok := strings.Cut(word, ":")
		if !ok {
			continue
		}
		if value == "" { // "id: 5"
			trimmed := strings.TrimLeft(rest, " ")
			if next, after, _ := strings.Cut(trimmed, " "); !strings.Contains(next, ":") {
				value, rest = next, after
			}
		}
		key = strings.ToLower(key)
		if key == "text" { // of the message, the last field
			break
		}
		if _, twice := fields[key]; !twice {
			fields[key] = value
		}
	}
	return fields
}

// stateOf is the state that a receipt's text names, 0 for a word that nobody knows.
func stateOf(word string) smpp.MessageState {
	switch strings.ToUpper(word) {
	case "DELIVRD", "DELIVERED":
		return smpp.StateDelivered
	case "EXPIRED":
		return smpp.StateExpired
	case "DELETED":
		return smpp.StateDeleted
	case "UNDELIV", "FAILED":
		return smpp.StateUndeliverable
	case "ACCEPTD", "ACKED", "BUFFRED":
		return smpp.StateAccepted
	case "ENROUTE":
		return smpp.StateEnroute
	case "UNKNOWN":
		return smpp.StateUnknown
	case "REJECTD":
		return smpp.StateRejected
	}
	return 0
}

// ended says whether a message in this state goes no further. ACCEPTED is not: it was read by somebody else for the subscriber, or,
// as most SMSCs use it, it waits.
func ended(s smpp.MessageState) bool {
	switch s {
	case smpp.StateDelivered, smpp.StateExpired, smpp.StateDeleted, smpp.StateUndeliverable, smpp.StateUnknown, smpp.StateRejected:
		return true
	}
	return false
}
