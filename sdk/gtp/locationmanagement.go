package gtp

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A SendRouteingInfoRequest asks the HLR, through a GSN that speaks MAP with it, where a subscriber is (Send Routeing Information for
// GPRS Request, §7.4.1).
type SendRouteingInfoRequest struct {
	IMSI    push.IMSI
	Private []PrivateExtension
}

// A SendRouteingInfoResponse answers it (§7.4.2). An accepted one without GSNAddress has the reason why there is none.
type SendRouteingInfoResponse struct {
	Cause                Cause
	IMSI                 push.IMSI
	MAPCause             *MAPCause
	MSNotReachableReason *MSNotReachableReason
	// GSNAddress is the SGSN's.
	GSNAddress netip.Addr
	Private    []PrivateExtension
}

// A FailureReportRequest tells the HLR that an activation failed, so that it notes the terminal as not reachable (§7.4.3).
type FailureReportRequest struct {
	IMSI    push.IMSI
	Private []PrivateExtension
}

// A FailureReportResponse answers it (§7.4.4).
type FailureReportResponse struct {
	Cause    Cause
	MAPCause *MAPCause
	Private  []PrivateExtension
}

// A NoteMSGPRSPresentRequest is how the HLR tells a GGSN that a terminal can be reached again (§7.4.5).
type NoteMSGPRSPresentRequest struct {
	IMSI push.IMSI
	// GSNAddress is the SGSN's.
	GSNAddress netip.Addr
	Private    []PrivateExtension
}

// A NoteMSGPRSPresentResponse answers it (§7.4.6).
type NoteMSGPRSPresentResponse struct {
	Cause   Cause
	Private []PrivateExtension
}

// Type is TypeSendRouteingInfoRequest.
func (*SendRouteingInfoRequest) Type() MessageType { return TypeSendRouteingInfoRequest }

// Type is TypeSendRouteingInfoResponse.
func (*SendRouteingInfoResponse) Type() MessageType { return TypeSendRouteingInfoResponse }

// Type is TypeFailureReportRequest.
func (*FailureReportRequest) Type() MessageType { return TypeFailureReportRequest }

// Type is TypeFailureReportResponse.
func (*FailureReportResponse) Type() MessageType { return TypeFailureReportResponse }

// Type is TypeNoteMSGPRSPresentRequest.
func (*NoteMSGPRSPresentRequest) Type() MessageType { return TypeNoteMSGPRSPresentRequest }

// Type is TypeNoteMSGPRSPresentResponse.
func (*NoteMSGPRSPresentResponse) Type() MessageType { return TypeNoteMSGPRSPresentResponse }

func (m *SendRouteingInfoRequest) elements(x *elements) {
	x.imsi(mandatory, &m.IMSI)
	x.privateExtensions(&m.Private)
}

func (m *SendRouteingInfoResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.imsi(mandatory, &m.IMSI)
	octetIf(x, ElementMAPCause, &m.MAPCause, none)
	octetIf(x, ElementMSNotReachableReason, &m.MSNotReachableReason, none)
	x.gsnAddress(optional, &m.GSNAddress)
	x.privateExtensions(&m.Private)
}

func (m *FailureReportRequest) elements(x *elements) {
	x.imsi(mandatory, &m.IMSI)
	x.privateExtensions(&m.Private)
}

func (m *FailureReportResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	octetIf(x, ElementMAPCause, &m.MAPCause, none)
	x.privateExtensions(&m.Private)
}

func (m *NoteMSGPRSPresentRequest) elements(x *elements) {
	x.imsi(mandatory, &m.IMSI)
	x.gsnAddress(mandatory, &m.GSNAddress)
	x.privateExtensions(&m.Private)
}

func (m *NoteMSGPRSPresentResponse) elements(x *elements) {
	octet(x, ElementCause, &m.Cause, none)
	x.privateExtensions(&m.Private)
}
