package gtp

// rejection returns the response to a request that could not be read, and the TEID for its header, which is the one that the request
// gave its sender, or 0. False is a request for which there is no such response: an Echo has no cause to answer with, and the answer
// of an HLR has to repeat the IMSI.
func rejection(p Packet, cause Cause) (Message, TEID, bool) {
	known := func(t *TEID) TEID {
		if t == nil {
			return 0
		}
		return *t
	}
	switch m := p.Message.(type) {
	case *CreatePDPContextRequest:
		return &CreatePDPContextResponse{Cause: cause}, known(m.TEIDControl), true
	case *UpdatePDPContextRequest:
		return &UpdatePDPContextResponse{Cause: cause}, known(m.TEIDControl), true
	case *DeletePDPContextRequest:
		return &DeletePDPContextResponse{Cause: cause}, 0, true
	case *PDUNotificationRequest:
		return &PDUNotificationResponse{Cause: cause}, m.TEIDControl, true
	case *PDUNotificationRejectRequest:
		return &PDUNotificationRejectResponse{Cause: cause}, m.TEIDControl, true
	case *SendRouteingInfoRequest:
		return &SendRouteingInfoResponse{Cause: cause, IMSI: m.IMSI}, 0, m.IMSI != ""
	case *FailureReportRequest:
		return &FailureReportResponse{Cause: cause}, 0, true
	case *NoteMSGPRSPresentRequest:
		return &NoteMSGPRSPresentResponse{Cause: cause}, 0, true
	case nil: // the header was at fault
		if m := p.Header.Type.newMessage(); m != nil {
			return rejection(Packet{Header: p.Header, Message: m}, cause)
		}
	}
	return nil, 0, false
}
