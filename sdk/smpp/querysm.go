package smpp

// QuerySM asks for the state of a message. SMPP 3.4 §4.8.1.
type QuerySM struct {
	MessageID string // at most 64 octets
	Source    Address
}

// CommandID implements PDU.
func (*QuerySM) CommandID() CommandID { return CommandQuerySM }

func (p *QuerySM) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.address("source_addr", p.Source, maxAddr)
}

func (p *QuerySM) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxAddr)
}

// QuerySMResp answers a query_sm. SMPP 3.4 §4.8.2.
type QuerySMResp struct {
	MessageID    string // at most 64 octets
	FinalDate    string // empty or 16 octets
	MessageState MessageState
	ErrorCode    uint8 // of the network, 0 if the message is not in a final state
}

// CommandID implements PDU.
func (*QuerySMResp) CommandID() CommandID { return CommandQuerySMResp }

func (p *QuerySMResp) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.cstring("final_date", p.FinalDate, maxTime)
	e.u8(uint8(p.MessageState))
	e.u8(p.ErrorCode)
}

func (p *QuerySMResp) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.FinalDate = d.cstring("final_date", maxTime)
	p.MessageState = MessageState(d.u8("message_state"))
	if len(d.b) > 0 {
		p.ErrorCode = d.u8("error_code")
	}
}
