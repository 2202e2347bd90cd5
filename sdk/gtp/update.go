package gtp

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An UpdatePDPContextRequest changes a context (§7.3.3). Either side may send it, and only NSAPI is mandatory in both: the SGSN's has
// TEIDData, both addresses and QoS as well (see FromSGSN), the GGSN's may have EndUserAddress.
type UpdatePDPContextRequest struct {
	IMSI           push.IMSI
	RAI            *RAI
	Recovery       *uint8
	TEIDData       *TEID
	TEIDControl    *TEID
	NSAPI          uint8
	EndUserAddress EndUserAddress
	PCO            []byte
	SGSNSignalling netip.Addr
	SGSNUser       netip.Addr
	QoS            []byte
	RATType        RATType
	ULI            *ULI
	Private        []PrivateExtension
}

// FromSGSN reports whether the request has all that one from an SGSN must have. A GGSN answers one that has not with
// CauseMandatoryIEMissing.
func (m *UpdatePDPContextRequest) FromSGSN() bool {
	return m.TEIDData != nil && m.SGSNSignalling.IsValid() && m.SGSNUser.IsValid() && m.QoS != nil
}

// An UpdatePDPContextResponse answers it (§7.3.4).
type UpdatePDPContextResponse struct {
	Cause       Cause
	Recovery    *uint8
	TEIDData    *TEID
	TEIDControl *TEID
	ChargingID  *uint32
	PCO         []byte
	// GSNSignalling and GSNUser are the GGSN's, or the user traffic's of an SGSN with the same address for both.
	GSNSignalling netip.Addr
	GSNUser       netip.Addr
	QoS           []byte
	Private       []PrivateExtension
}

// Type is TypeUpdatePDPContextRequest.
func (*UpdatePDPContextRequest) Type() MessageType { return TypeUpdatePDPContextRequest }

// Type is TypeUpdatePDPContextResponse.
func (*UpdatePDPContextResponse) Type() MessageType { return TypeUpdatePDPContextResponse }

func (m *UpdatePDPContextRequest) elements(x *elements) {
	x.imsi(optional, &m.IMSI)
	x.rai(&m.RAI)
	octetIf(x, ElementRecovery, &m.Recovery, none)
	uint32If(x, ElementTEIDData, &m.TEIDData)
	uint32If(x, ElementTEIDControl, &m.TEIDControl)
	x.nsapi(mandatory, &m.NSAPI)
	x.endUserAddress(optional, &m.EndUserAddress)
	x.pco(&m.PCO)
	x.gsnAddresses(optional, &m.SGSNSignalling, &m.SGSNUser)
	x.qos(optional, &m.QoS)
	octetUnlessZero(x, ElementRATType, &m.RATType, none)
	x.uli(&m.ULI)
	x.privateExtensions(&m.Private)
}

func (m *UpdatePDPContextResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	octetIf(x, ElementRecovery, &m.Recovery, none)
	uint32If(x, ElementTEIDData, &m.TEIDData)
	uint32If(x, ElementTEIDControl, &m.TEIDControl)
	uint32If(x, ElementChargingID, &m.ChargingID)
	x.pco(&m.PCO)
	x.gsnAddresses(optional, &m.GSNSignalling, &m.GSNUser)
	x.qos(optional, &m.QoS)
	x.privateExtensions(&m.Private)
}
