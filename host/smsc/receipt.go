package smsc

import (
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// An older gateway that asks for a receipt of success waits for it, and keeps what it waits for: Kannel in its memory for ever. So one
// that adopts gets receipts, though they say nothing that its answers did not say.

// wantsReceipt says whether a request asks for a receipt of success (SMPP 3.4 §5.2.17).
func wantsReceipt(p *smpp.SubmitSM) bool { return p.RegisteredDelivery&0x03 == smpp.ReceiptAlways }

// receiptFor is the receipt that follows the answer to a request, without what only the answer knows. It is kept in the request.
func receiptFor(p *smpp.SubmitSM) *smpp.DeliverSM {
	return &smpp.DeliverSM{
		ServiceType: p.ServiceType, Source: p.Destination, Destination: p.Source, ESMClass: smpp.TypeSMSCReceipt, DataCoding: smpp.DataCodingDefault,
	}
}

// receipt sends the receipt of a message that was delivered, if the request asked for one, behind its answer.
func (s *SMSC) receipt(a *account, r *smpp.Request, messageID string, submitted time.Time) {
	p, ok := r.PDU.(*smpp.DeliverSM)
	if !ok {
		return
	}
	r.PDU = nil
	const minute = "0601021504" // (SMPP 3.4 appendix B)
	p.ShortMessage = fmt.Appendf(nil, "id:%s sub:001 dlvrd:001 submit date:%s done date:%s stat:DELIVRD err:000 text:",
		messageID, submitted.Format(minute), time.Now().Format(minute))
	p.TLVs = smpp.TLVs{{Tag: smpp.TagReceiptedMessageID, Value: append([]byte(messageID), 0)}, {Tag: smpp.TagMessageState, Value: []byte{byte(smpp.StateDelivered)}}}
	session := s.receiver(a, r.Session)
	if session == nil {
		s.log.Debug("a receipt has nobody to take it", "system_id", a.systemID)
		return
	}
	if err := session.TrySend(p, 0, func(smpp.Result) {}); err != nil {
		s.log.Debug("a receipt was not sent", "system_id", a.systemID, "error", err)
	}
}

// receiver is a bind of the ESME that takes receipts: the one of the request if it can.
func (s *SMSC) receiver(a *account, first *smpp.Session) *smpp.Session {
	if first.Bind().Mode != smpp.Transmitter && first.Err() == nil {
		return first
	}
	var other *smpp.Session
	s.sessions.Range(func(session, owner any) bool {
		if bound := session.(*smpp.Session); owner.(*account).ledger == a.ledger && bound.Bind().Mode != smpp.Transmitter && bound.Err() == nil {
			other = bound
		}
		return other == nil
	})
	return other
}
