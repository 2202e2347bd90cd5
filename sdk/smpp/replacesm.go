package smpp

// ReplaceSM replaces a message that waits in the SMSC. It has no service_type. SMPP 3.4 §4.10.1.
type ReplaceSM struct {
	MessageID            string // at most 64 octets
	Source               Address
	ScheduleDeliveryTime string // empty or 16 octets
	ValidityPeriod       string // empty or 16 octets
	RegisteredDelivery   RegisteredDelivery
	SMDefaultMsgID       uint8
	ShortMessage         []byte // at most MaxShortMessage octets
	TLVs                 TLVs   // none in 3.4; message_payload in 5.0
}

// CommandID implements PDU.
func (*ReplaceSM) CommandID() CommandID { return CommandReplaceSM }

func (p *ReplaceSM) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.address("source_addr", p.Source, maxAddr)
	e.cstring("schedule_delivery_time", p.ScheduleDeliveryTime, maxTime)
	e.cstring("validity_period", p.ValidityPeriod, maxTime)
	e.u8(uint8(p.RegisteredDelivery))
	e.u8(p.SMDefaultMsgID)
	e.shortMessage(p.ShortMessage)
	e.tlvs(p.TLVs)
}

func (p *ReplaceSM) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxAddr)
	p.ScheduleDeliveryTime = d.cstring("schedule_delivery_time", maxTime)
	p.ValidityPeriod = d.cstring("validity_period", maxTime)
	p.RegisteredDelivery = RegisteredDelivery(d.u8("registered_delivery"))
	p.SMDefaultMsgID = d.u8("sm_default_msg_id")
	p.ShortMessage, p.TLVs = d.messageAndTLVs()
}
