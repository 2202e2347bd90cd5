package smpp

// MaxShortMessage is the size of the largest short_message in octets. SMPP 3.4 §5.2.22.
const MaxShortMessage = 254

// SubmitSM hands a message to the SMSC. SMPP 3.4 §4.4.1.
type SubmitSM struct {
	ServiceType          string // at most 5 octets
	Source               Address
	Destination          Address
	ESMClass             ESMClass
	ProtocolID           uint8
	PriorityFlag         uint8
	ScheduleDeliveryTime string // empty or 16 octets
	ValidityPeriod       string // empty or 16 octets
	RegisteredDelivery   RegisteredDelivery
	ReplaceIfPresent     uint8
	DataCoding           DataCoding
	SMDefaultMsgID       uint8
	ShortMessage         []byte // at most MaxShortMessage octets
	TLVs                 TLVs
}

// CommandID implements PDU.
func (*SubmitSM) CommandID() CommandID { return CommandSubmitSM }

func (p *SubmitSM) encode(e *encoder) { p.encodeTimes(e, maxTime) }

// maxTime is the size of a time field with its NUL. SMPP 3.4 §5.2.15, §5.2.16.
const maxTime = 17

// encodeTimes writes the body that submit_sm and deliver_sm share but for the size of their two time fields.
func (p *SubmitSM) encodeTimes(e *encoder, timeLimit int) {
	e.cstring("service_type", p.ServiceType, 6)
	e.address("source_addr", p.Source, maxAddr)
	e.address("destination_addr", p.Destination, maxAddr)
	e.u8(uint8(p.ESMClass))
	e.u8(p.ProtocolID)
	e.u8(p.PriorityFlag)
	e.cstring("schedule_delivery_time", p.ScheduleDeliveryTime, timeLimit)
	e.cstring("validity_period", p.ValidityPeriod, timeLimit)
	e.u8(uint8(p.RegisteredDelivery))
	e.u8(p.ReplaceIfPresent)
	e.u8(uint8(p.DataCoding))
	e.u8(p.SMDefaultMsgID)
	e.shortMessage(p.ShortMessage)
	e.tlvs(p.TLVs)
}

func (p *SubmitSM) decode(d *decoder) {
	p.ServiceType = d.cstring("service_type", 6)
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxAddr)
	p.Destination = d.address("dest_addr_ton", "dest_addr_npi", "destination_addr", maxAddr)
	p.ESMClass = ESMClass(d.u8("esm_class"))
	p.ProtocolID = d.u8("protocol_id")
	p.PriorityFlag = d.u8("priority_flag")
	p.ScheduleDeliveryTime = d.cstring("schedule_delivery_time", maxTime)
	p.ValidityPeriod = d.cstring("validity_period", maxTime)
	p.RegisteredDelivery = RegisteredDelivery(d.u8("registered_delivery"))
	p.ReplaceIfPresent = d.u8("replace_if_present_flag")
	p.DataCoding = DataCoding(d.u8("data_coding"))
	p.SMDefaultMsgID = d.u8("sm_default_msg_id")
	p.ShortMessage, p.TLVs = d.messageAndTLVs()
}

// UserData is the message_payload if there is one, otherwise the short_message. SMPP 3.4 §5.3.2.32 allows only one of them.
func (p *SubmitSM) UserData() []byte {
	if v, ok := p.TLVs.Get(TagMessagePayload); ok {
		return v
	}
	return p.ShortMessage
}

// SubmitSMResp answers a submit_sm. In transaction mode its TLVs may hold the reason of a failure (SMPP 5.0
// names them; SMSCs of 3.4 send them too). SMPP 3.4 §4.4.2.
type SubmitSMResp struct {
	MessageID string // at most 64 octets
	TLVs      TLVs
}

// CommandID implements PDU.
func (*SubmitSMResp) CommandID() CommandID { return CommandSubmitSMResp }

func (p *SubmitSMResp) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.tlvs(p.TLVs)
}

func (p *SubmitSMResp) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.TLVs = d.tlvs()
}

// maxMessageID is the size of a message_id with its NUL. SMPP 3.4 §5.2.23.
const maxMessageID = 65
