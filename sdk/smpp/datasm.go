package smpp

// DataSM hands over a message in either direction; the user data is in the TLV message_payload. SMPP 3.4 §4.7.1.
type DataSM struct {
	ServiceType        string  // at most 5 octets
	Source             Address // at most 64 octets
	Destination        Address // at most 64 octets
	ESMClass           ESMClass
	RegisteredDelivery RegisteredDelivery
	DataCoding         DataCoding
	TLVs               TLVs
}

// CommandID implements PDU.
func (*DataSM) CommandID() CommandID { return CommandDataSM }

func (p *DataSM) encode(e *encoder) {
	e.cstring("service_type", p.ServiceType, 6)
	e.address("source_addr", p.Source, maxDataAddr)
	e.address("destination_addr", p.Destination, maxDataAddr)
	e.u8(uint8(p.ESMClass))
	e.u8(uint8(p.RegisteredDelivery))
	e.u8(uint8(p.DataCoding))
	e.tlvs(p.TLVs)
}

func (p *DataSM) decode(d *decoder) {
	p.ServiceType = d.cstring("service_type", 6)
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxDataAddr)
	p.Destination = d.address("dest_addr_ton", "dest_addr_npi", "destination_addr", maxDataAddr)
	p.ESMClass = ESMClass(d.u8("esm_class"))
	p.RegisteredDelivery = RegisteredDelivery(d.u8("registered_delivery"))
	p.DataCoding = DataCoding(d.u8("data_coding"))
	p.TLVs = d.tlvs()
}

// DataSMResp answers a data_sm. In transaction mode its TLVs hold delivery_failure_reason, network_error_code,
// additional_status_info_text and dpf_result. SMPP 3.4 §4.7.2.
type DataSMResp struct {
	MessageID string // at most 64 octets
	TLVs      TLVs
}

// CommandID implements PDU.
func (*DataSMResp) CommandID() CommandID { return CommandDataSMResp }

func (p *DataSMResp) encode(e *encoder) {
	e.cstring("message_id", p.MessageID, maxMessageID)
	e.tlvs(p.TLVs)
}

func (p *DataSMResp) decode(d *decoder) {
	p.MessageID = d.cstring("message_id", maxMessageID)
	p.TLVs = d.tlvs()
}
