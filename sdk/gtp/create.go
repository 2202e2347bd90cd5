package gtp

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A CreatePDPContextRequest asks a GGSN for a context (§7.3.1). What is conditional in the specification is optional here: for a first
// context of an address the GGSN needs IMSI, SelectionMode, TEIDControl, EndUserAddress and APN.
type CreatePDPContextRequest struct {
	IMSI                    push.IMSI
	RAI                     *RAI
	Recovery                *uint8
	SelectionMode           *SelectionMode
	TEIDData                TEID
	TEIDControl             *TEID
	NSAPI                   uint8 // 5 to 15
	LinkedNSAPI             uint8 // of the context whose address a secondary one shares; 0 for a first one
	ChargingCharacteristics *uint16
	EndUserAddress          EndUserAddress
	APN                     APN
	PCO                     []byte
	SGSNSignalling          netip.Addr
	SGSNUser                netip.Addr
	MSISDN                  push.MSISDN
	QoS                     []byte
	RATType                 RATType
	ULI                     *ULI
	IMEISV                  string
	Private                 []PrivateExtension
}

// A CreatePDPContextResponse is the GGSN's answer (§7.3.2). With a cause that accepts it has all but the optional fields Recovery, NSAPI
// and PCO.
type CreatePDPContextResponse struct {
	Cause              Cause
	ReorderingRequired *bool
	Recovery           *uint8
	TEIDData           *TEID
	TEIDControl        *TEID
	NSAPI              uint8
	ChargingID         *uint32
	EndUserAddress     EndUserAddress
	PCO                []byte
	GGSNSignalling     netip.Addr
	GGSNUser           netip.Addr
	QoS                []byte
	Private            []PrivateExtension
}

// Type is TypeCreatePDPContextRequest.
func (*CreatePDPContextRequest) Type() MessageType { return TypeCreatePDPContextRequest }

// Type is TypeCreatePDPContextResponse.
func (*CreatePDPContextResponse) Type() MessageType { return TypeCreatePDPContextResponse }

func (m *CreatePDPContextRequest) elements(x *elements) {
	x.imsi(optional, &m.IMSI)
	x.rai(&m.RAI)
	octetIf(x, ElementRecovery, &m.Recovery, none)
	octetIf(x, ElementSelectionMode, &m.SelectionMode, spareSelectionMode)
	x.teid(ElementTEIDData, &m.TEIDData)
	uint32If(x, ElementTEIDControl, &m.TEIDControl)
	x.nsapi(mandatory, &m.NSAPI)
	x.nsapi(optional, &m.LinkedNSAPI)
	x.uint16If(ElementChargingCharacteristics, &m.ChargingCharacteristics)
	x.endUserAddress(optional, &m.EndUserAddress)
	x.apn(optional, &m.APN)
	x.pco(&m.PCO)
	x.gsnAddresses(mandatory, &m.SGSNSignalling, &m.SGSNUser)
	x.msisdn(&m.MSISDN)
	x.qos(mandatory, &m.QoS)
	octetUnlessZero(x, ElementRATType, &m.RATType, none)
	x.uli(&m.ULI)
	x.imeisv(&m.IMEISV)
	x.privateExtensions(&m.Private)
}

func (m *CreatePDPContextResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.flag(ElementReorderingRequired, &m.ReorderingRequired)
	octetIf(x, ElementRecovery, &m.Recovery, none)
	uint32If(x, ElementTEIDData, &m.TEIDData)
	uint32If(x, ElementTEIDControl, &m.TEIDControl)
	x.nsapi(optional, &m.NSAPI)
	uint32If(x, ElementChargingID, &m.ChargingID)
	x.endUserAddress(optional, &m.EndUserAddress)
	x.pco(&m.PCO)
	x.gsnAddresses(optional, &m.GGSNSignalling, &m.GGSNUser)
	x.qos(optional, &m.QoS)
	x.privateExtensions(&m.Private)
}
