package gtp

// A DeletePDPContextRequest ends a context, or with Teardown all that share its address (§7.3.5).
type DeletePDPContextRequest struct {
	Cause    *Cause
	Teardown *bool
	NSAPI    uint8
	PCO      []byte
	ULI      *ULI
	Private  []PrivateExtension
}

// A DeletePDPContextResponse answers it (§7.3.6). CauseNonExistent says that there was none, which ends it as well.
type DeletePDPContextResponse struct {
	Cause   Cause
	PCO     []byte
	Private []PrivateExtension
}

// Type is TypeDeletePDPContextRequest.
func (*DeletePDPContextRequest) Type() MessageType { return TypeDeletePDPContextRequest }

// Type is TypeDeletePDPContextResponse.
func (*DeletePDPContextResponse) Type() MessageType { return TypeDeletePDPContextResponse }

func (m *DeletePDPContextRequest) elements(x *elements) {
	octetIf(x, ElementCause, &m.Cause, none)
	x.flag(ElementTeardownInd, &m.Teardown)
	x.nsapi(mandatory, &m.NSAPI)
	x.pco(&m.PCO)
	x.uli(&m.ULI)
	x.privateExtensions(&m.Private)
}

func (m *DeletePDPContextResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.pco(&m.PCO)
	x.privateExtensions(&m.Private)
}
