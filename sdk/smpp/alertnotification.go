package smpp

// AlertNotification tells that a mobile for which a delivery is pending (set_dpf) is available again. It has no response. SMPP 3.4 §4.12.1.
type AlertNotification struct {
	Source Address // the mobile, at most 64 octets
	ESME   Address // whom to tell, at most 64 octets
	TLVs   TLVs    // ms_availability_status
}

// CommandID implements PDU.
func (*AlertNotification) CommandID() CommandID { return CommandAlertNotification }

func (p *AlertNotification) encode(e *encoder) {
	e.address("source_addr", p.Source, maxDataAddr)
	e.address("esme_addr", p.ESME, maxDataAddr)
	e.tlvs(p.TLVs)
}

func (p *AlertNotification) decode(d *decoder) {
	p.Source = d.address("source_addr_ton", "source_addr_npi", "source_addr", maxDataAddr)
	p.ESME = d.address("esme_addr_ton", "esme_addr_npi", "esme_addr", maxDataAddr)
	p.TLVs = d.tlvs()
}
