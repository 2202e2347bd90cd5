package gtp

import "net/netip"

// An EchoRequest asks whether a peer is alive (§7.2.1).
type EchoRequest struct {
	Private []PrivateExtension
}

// An EchoResponse answers with the peer's restart counter (§7.2.2).
type EchoResponse struct {
	Recovery uint8
	Private  []PrivateExtension
}

// A VersionNotSupported says that the highest version of its sender is the one of its header (§7.2.3).
type VersionNotSupported struct{}

// An ErrorIndication says that a G-PDU came for a tunnel that its receiver does not have (§7.3.7). It belongs to the user plane.
type ErrorIndication struct {
	TEIDData TEID
	// Address is where that G-PDU was sent to: with TEIDData it names the tunnel.
	Address netip.Addr
	Private []PrivateExtension
}

// A GPDU carries a packet of a terminal (§9.3.1).
type GPDU struct {
	Payload []byte
}

// Type is TypeEchoRequest.
func (*EchoRequest) Type() MessageType { return TypeEchoRequest }

// Type is TypeEchoResponse.
func (*EchoResponse) Type() MessageType { return TypeEchoResponse }

// Type is TypeVersionNotSupported.
func (*VersionNotSupported) Type() MessageType { return TypeVersionNotSupported }

// Type is TypeErrorIndication.
func (*ErrorIndication) Type() MessageType { return TypeErrorIndication }

// Type is TypeGPDU.
func (*GPDU) Type() MessageType { return TypeGPDU }

func (m *EchoRequest) elements(x *elements) { x.privateExtensions(&m.Private) }

func (m *EchoResponse) elements(x *elements) {
	octet(x, ElementRecovery, &m.Recovery, none)
	x.privateExtensions(&m.Private)
}

func (*VersionNotSupported) elements(*elements) {}

func (m *ErrorIndication) elements(x *elements) {
	x.teid(ElementTEIDData, &m.TEIDData)
	x.gsnAddress(mandatory, &m.Address)
	x.privateExtensions(&m.Private)
}

func (*GPDU) elements(*elements) {} // its payload is none
