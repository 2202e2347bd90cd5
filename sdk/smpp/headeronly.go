package smpp

// headerOnly marks the PDUs that have no body. A body that a peer sends all the same is ignored.
type headerOnly interface {
	PDU
	headerOnly()
}

// The PDUs without a body. SMPP 3.4 §4.2, §4.3.1, §4.9.2, §4.10.2, §4.11.
type (
	Unbind          struct{}
	UnbindResp      struct{}
	EnquireLink     struct{}
	EnquireLinkResp struct{}
	CancelSMResp    struct{}
	ReplaceSMResp   struct{}
	// GenericNack answers what could not be answered otherwise: a command that is not known, a PDU that could not be read.
	GenericNack struct{}
)

// CommandID implements PDU.
func (*Unbind) CommandID() CommandID { return CommandUnbind }

// CommandID implements PDU.
func (*UnbindResp) CommandID() CommandID { return CommandUnbindResp }

// CommandID implements PDU.
func (*EnquireLink) CommandID() CommandID { return CommandEnquireLink }

// CommandID implements PDU.
func (*EnquireLinkResp) CommandID() CommandID { return CommandEnquireLinkResp }

// CommandID implements PDU.
func (*CancelSMResp) CommandID() CommandID { return CommandCancelSMResp }

// CommandID implements PDU.
func (*ReplaceSMResp) CommandID() CommandID { return CommandReplaceSMResp }

// CommandID implements PDU.
func (*GenericNack) CommandID() CommandID { return CommandGenericNack }

func (*Unbind) headerOnly()          {}
func (*UnbindResp) headerOnly()      {}
func (*EnquireLink) headerOnly()     {}
func (*EnquireLinkResp) headerOnly() {}
func (*CancelSMResp) headerOnly()    {}
func (*ReplaceSMResp) headerOnly()   {}
func (*GenericNack) headerOnly()     {}

func newHeaderOnly(c CommandID) PDU {
	switch c {
	case CommandUnbind:
		return &Unbind{}
	case CommandUnbindResp:
		return &UnbindResp{}
	case CommandEnquireLink:
		return &EnquireLink{}
	case CommandEnquireLinkResp:
		return &EnquireLinkResp{}
	case CommandCancelSMResp:
		return &CancelSMResp{}
	case CommandReplaceSMResp:
		return &ReplaceSMResp{}
	case CommandGenericNack:
		return &GenericNack{}
	}
	return nil
}

// UnknownPDU is a PDU whose command this package does not know, with its undecoded body.
type UnknownPDU struct {
	Command CommandID
	Body    []byte
}

// CommandID implements PDU.
func (u *UnknownPDU) CommandID() CommandID { return u.Command }
