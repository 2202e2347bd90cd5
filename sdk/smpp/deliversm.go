package smpp

// DeliverSM hands a message or a receipt to the ESME. It has the fields of submit_sm; its schedule_delivery_time and validity_period are
// empty. SMPP 3.4 §4.6.1.
type DeliverSM SubmitSM

// CommandID implements PDU.
func (*DeliverSM) CommandID() CommandID { return CommandDeliverSM }

func (p *DeliverSM) encode(e *encoder) { (*SubmitSM)(p).encodeTimes(e, 1) }
func (p *DeliverSM) decode(d *decoder) { (*SubmitSM)(p).decode(d) }

// UserData is the message_payload if there is one, otherwise the short_message.
func (p *DeliverSM) UserData() []byte { return (*SubmitSM)(p).UserData() }

// DeliverSMResp answers a deliver_sm. Its message_id is not used and empty. SMPP 3.4 §4.6.2.
type DeliverSMResp struct {
	MessageID string
	TLVs      TLVs
}

// CommandID implements PDU.
func (*DeliverSMResp) CommandID() CommandID { return CommandDeliverSMResp }

func (p *DeliverSMResp) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, 1)
	e.tlvs(p.TLVs)
}

func (p *DeliverSMResp) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.TLVs = d.tlvs()
}
