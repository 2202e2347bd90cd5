package gtp

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A PDUNotificationRequest is how a GGSN asks an SGSN to make a terminal activate a context (§7.3.8).
type PDUNotificationRequest struct {
	IMSI push.IMSI
	// TEIDControl is what the SGSN puts into the header of what it says about this notification.
	TEIDControl    TEID
	EndUserAddress EndUserAddress
	APN            APN
	PCO            []byte
	GGSNSignalling netip.Addr
	Private        []PrivateExtension
}

// A PDUNotificationResponse says whether the SGSN asks the terminal (§7.3.9).
type PDUNotificationResponse struct {
	Cause   Cause
	Private []PrivateExtension
}

// A PDUNotificationRejectRequest says that the terminal was asked and no context will come (§7.3.10).
type PDUNotificationRejectRequest struct {
	Cause Cause
	// TEIDControl is the SGSN's, for the header of the response.
	TEIDControl    TEID
	EndUserAddress EndUserAddress
	APN            APN
	PCO            []byte
	Private        []PrivateExtension
}

// A PDUNotificationRejectResponse answers it (§7.3.11).
type PDUNotificationRejectResponse struct {
	Cause   Cause
	Private []PrivateExtension
}

// Type is TypePDUNotificationRequest.
func (*PDUNotificationRequest) Type() MessageType { return TypePDUNotificationRequest }

// Type is TypePDUNotificationResponse.
func (*PDUNotificationResponse) Type() MessageType { return TypePDUNotificationResponse }

// Type is TypePDUNotificationRejectRequest.
func (*PDUNotificationRejectRequest) Type() MessageType { return TypePDUNotificationRejectRequest }

// Type is TypePDUNotificationRejectResponse.
func (*PDUNotificationRejectResponse) Type() MessageType { return TypePDUNotificationRejectResponse }

func (m *PDUNotificationRequest) elements(x *elements) {
	x.imsi(mandatory, &m.IMSI)
	x.teid(ElementTEIDControl, &m.TEIDControl)
	x.endUserAddress(mandatory, &m.EndUserAddress)
	x.apn(mandatory, &m.APN)
	x.pco(&m.PCO)
	x.gsnAddress(mandatory, &m.GGSNSignalling)
	x.privateExtensions(&m.Private)
}

func (m *PDUNotificationResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.privateExtensions(&m.Private)
}

func (m *PDUNotificationRejectRequest) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.teid(ElementTEIDControl, &m.TEIDControl)
	x.endUserAddress(mandatory, &m.EndUserAddress)
	x.apn(mandatory, &m.APN)
	x.pco(&m.PCO)
	x.privateExtensions(&m.Private)
}

func (m *PDUNotificationRejectResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.privateExtensions(&m.Private)
}
