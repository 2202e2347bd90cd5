package smpp

// BindMode is the direction of a bind. Its values are the command_ids of the three binds.
type BindMode uint8

// Bind modes.
const (
	Receiver    BindMode = BindMode(CommandBindReceiver)
	Transmitter BindMode = BindMode(CommandBindTransmitter)
	Transceiver BindMode = BindMode(CommandBindTransceiver)
)

// Version34 is the interface_version of SMPP 3.4. SMPP 3.4 §5.2.4.
const Version34 uint8 = 0x34

// Bind is bind_receiver, bind_transmitter or bind_transceiver, by its Mode. SMPP 3.4 §4.1.
type Bind struct {
	Mode             BindMode
	SystemID         string // at most 15 octets
	Password         string // at most 8 octets
	SystemType       string // at most 12 octets
	InterfaceVersion uint8
	TON              TON
	NPI              NPI
	AddressRange     string // at most 40 octets
}

// CommandID implements PDU.
func (b *Bind) CommandID() CommandID { return CommandID(b.Mode) }

func (b *Bind) encode(e *encoder) {
	switch b.Mode {
	case Receiver, Transmitter, Transceiver:
	default:
		e.fail("command_id", "%d is no bind", b.Mode)
	}
	e.cstring("system_id", b.SystemID, 16)
	e.cstring("password", b.Password, 9)
	e.cstring("system_type", b.SystemType, 13)
	e.u8(b.InterfaceVersion)
	e.u8(uint8(b.TON))
	e.u8(uint8(b.NPI))
	e.cstring("address_range", b.AddressRange, 41)
}

func (b *Bind) decode(d *decoder) {
	b.SystemID = d.cstring("system_id", 16)
	b.Password = d.cstring("password", 9)
	b.SystemType = d.cstring("system_type", 13)
	b.InterfaceVersion = d.u8("interface_version")
	b.TON = TON(d.u8("addr_ton"))
	b.NPI = NPI(d.u8("addr_npi"))
	b.AddressRange = d.cstring("address_range", 41)
}

// BindResp answers a bind. Its TLVs may hold sc_interface_version. SMPP 3.4 §4.1.
type BindResp struct {
	Mode     BindMode
	SystemID string // at most 15 octets
	TLVs     TLVs
}

// CommandID implements PDU.
func (b *BindResp) CommandID() CommandID { return CommandID(b.Mode).Response() }

func (b *BindResp) encode(e *encoder) {
	e.cstring("system_id", b.SystemID, 16)
	e.tlvs(b.TLVs)
}

func (b *BindResp) decode(d *decoder) {
	b.SystemID = d.cstring("system_id", 16)
	b.TLVs = d.tlvs()
}

// Outbind asks an ESME to bind as a receiver. It has no response. SMPP 3.4 §4.1.7.
type Outbind struct {
	SystemID string // at most 15 octets
	Password string // at most 8 octets
}

// CommandID implements PDU.
func (*Outbind) CommandID() CommandID { return CommandOutbind }

func (o *Outbind) encode(e *encoder) {
	e.cstring("system_id", o.SystemID, 16)
	e.cstring("password", o.Password, 9)
}

func (o *Outbind) decode(d *decoder) {
	o.SystemID = d.cstring("system_id", 16)
	o.Password = d.cstring("password", 9)
}
