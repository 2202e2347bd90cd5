package gtp

import "strconv"

// A MessageType is the second octet of a message (3GPP TS 29.060 §7.1, table 1).
type MessageType uint8

// The messages of this package.
const (
	TypeEchoRequest                   MessageType = 1
	TypeEchoResponse                  MessageType = 2
	TypeVersionNotSupported           MessageType = 3
	TypeCreatePDPContextRequest       MessageType = 16
	TypeCreatePDPContextResponse      MessageType = 17
	TypeUpdatePDPContextRequest       MessageType = 18
	TypeUpdatePDPContextResponse      MessageType = 19
	TypeDeletePDPContextRequest       MessageType = 20
	TypeDeletePDPContextResponse      MessageType = 21
	TypeErrorIndication               MessageType = 26
	TypePDUNotificationRequest        MessageType = 27
	TypePDUNotificationResponse       MessageType = 28
	TypePDUNotificationRejectRequest  MessageType = 29
	TypePDUNotificationRejectResponse MessageType = 30
	TypeSendRouteingInfoRequest       MessageType = 32
	TypeSendRouteingInfoResponse      MessageType = 33
	TypeFailureReportRequest          MessageType = 34
	TypeFailureReportResponse         MessageType = 35
	TypeNoteMSGPRSPresentRequest      MessageType = 36
	TypeNoteMSGPRSPresentResponse     MessageType = 37
	TypeGPDU                          MessageType = 255
)

// String returns the name of the specification, or the number of a message that this package does not know.
func (t MessageType) String() string {
	switch t {
	case TypeEchoRequest:
		return "Echo Request"
	case TypeEchoResponse:
		return "Echo Response"
	case TypeVersionNotSupported:
		return "Version Not Supported"
	case TypeCreatePDPContextRequest:
		return "Create PDP Context Request"
	case TypeCreatePDPContextResponse:
		return "Create PDP Context Response"
	case TypeUpdatePDPContextRequest:
		return "Update PDP Context Request"
	case TypeUpdatePDPContextResponse:
		return "Update PDP Context Response"
	case TypeDeletePDPContextRequest:
		return "Delete PDP Context Request"
	case TypeDeletePDPContextResponse:
		return "Delete PDP Context Response"
	case TypeErrorIndication:
		return "Error Indication"
	case TypePDUNotificationRequest:
		return "PDU Notification Request"
	case TypePDUNotificationResponse:
		return "PDU Notification Response"
	case TypePDUNotificationRejectRequest:
		return "PDU Notification Reject Request"
	case TypePDUNotificationRejectResponse:
		return "PDU Notification Reject Response"
	case TypeSendRouteingInfoRequest:
		return "Send Routeing Information for GPRS Request"
	case TypeSendRouteingInfoResponse:
		return "Send Routeing Information for GPRS Response"
	case TypeFailureReportRequest:
		return "Failure Report Request"
	case TypeFailureReportResponse:
		return "Failure Report Response"
	case TypeNoteMSGPRSPresentRequest:
		return "Note MS GPRS Present Request"
	case TypeNoteMSGPRSPresentResponse:
		return "Note MS GPRS Present Response"
	case TypeGPDU:
		return "G-PDU"
	}
	return "message type " + strconv.Itoa(int(t))
}

// request reports whether a message of this type asks for a response. Its response has the next number.
func (t MessageType) request() bool {
	switch t {
	case TypeEchoRequest, TypeCreatePDPContextRequest, TypeUpdatePDPContextRequest, TypeDeletePDPContextRequest,
		TypePDUNotificationRequest, TypePDUNotificationRejectRequest, TypeSendRouteingInfoRequest, TypeFailureReportRequest,
		TypeNoteMSGPRSPresentRequest:
		return true
	}
	return false
}

// response reports whether a message of this type answers a request.
func (t MessageType) response() bool { return t > 0 && (t - 1).request() }

// newMessage returns an empty message of the type, or nil for a type that this package does not know.
func (t MessageType) newMessage() Message {
	switch t {
	case TypeEchoRequest:
		return new(EchoRequest)
	case TypeEchoResponse:
		return new(EchoResponse)
	case TypeVersionNotSupported:
		return new(VersionNotSupported)
	case TypeCreatePDPContextRequest:
		return new(CreatePDPContextRequest)
	case TypeCreatePDPContextResponse:
		return new(CreatePDPContextResponse)
	case TypeUpdatePDPContextRequest:
		return new(UpdatePDPContextRequest)
	case TypeUpdatePDPContextResponse:
		return new(UpdatePDPContextResponse)
	case TypeDeletePDPContextRequest:
		return new(DeletePDPContextRequest)
	case TypeDeletePDPContextResponse:
		return new(DeletePDPContextResponse)
	case TypeErrorIndication:
		return new(ErrorIndication)
	case TypePDUNotificationRequest:
		return new(PDUNotificationRequest)
	case TypePDUNotificationResponse:
		return new(PDUNotificationResponse)
	case TypePDUNotificationRejectRequest:
		return new(PDUNotificationRejectRequest)
	case TypePDUNotificationRejectResponse:
		return new(PDUNotificationRejectResponse)
	case TypeSendRouteingInfoRequest:
		return new(SendRouteingInfoRequest)
	case TypeSendRouteingInfoResponse:
		return new(SendRouteingInfoResponse)
	case TypeFailureReportRequest:
		return new(FailureReportRequest)
	case TypeFailureReportResponse:
		return new(FailureReportResponse)
	case TypeNoteMSGPRSPresentRequest:
		return new(NoteMSGPRSPresentRequest)
	case TypeNoteMSGPRSPresentResponse:
		return new(NoteMSGPRSPresentResponse)
	}
	return nil
}
