package smpp

// CancelSM cancels one message by its MessageID, or all from a source to a destination if that is empty. SMPP 3.4 §4.9.1.
type CancelSM struct {
	ServiceType string // at most 5 octets
	MessageID   string // at most 64 octets
	Source      Address
	Destination Address
}

// CommandID implements PDU.
func (*CancelSM) CommandID() CommandID { return CommandCancelSM }

func (p *CancelSM) encode(e *encoder) {
	e.cstring("service_type", p.ServiceType, 6)
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.address("source_addr", p.Source, maxAddr)
	e.address("destination_addr", p.Destination, maxAddr)
}

func (p *CancelSM) decode(d *decoder) {
	p.ServiceType = d.cstring("service_type", 6)
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxAddr)
	p.Destination = d.address("dest_addr_ton", "dest_addr_npi", "destination_addr", maxAddr)
}
