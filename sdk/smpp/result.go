package smpp

// Outcome is what is known about a request at its end.
type Outcome uint8

// Outcomes.
const (
	// NeverSent: the peer cannot have got the whole request. It is safe to send it again.
	NeverSent Outcome = iota
	// Accepted: answered with status 0.
	Accepted
	// Refused: answered with another status, or with generic_nack.
	Refused
	// Unknown: written, or perhaps written, and not answered: a timeout or a broken link. The peer may have acted on it.
	Unknown
)

// String gives the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case NeverSent:
		return "never sent"
	case Accepted:
		return "accepted"
	case Refused:
		return "refused"
	}
	return "unknown"
}

// Result is the end of one request.
type Result struct {
	Outcome  Outcome
	Sequence uint32 // of the request; 0 if it got none
	Status   Status // of the response, when accepted or refused
	Response PDU    // the response or *GenericNack, when accepted or refused
	// Err says why a request was never sent or is unknown. When accepted or refused it is nil, or the *DecodeError of a response whose body
	// could not be read to its end: its header still counts.
	Err error
}

// MessageID is the message_id of the response, or "".
func (r Result) MessageID() string {
	switch p := r.Response.(type) {
	case *SubmitSMResp:
		return p.MessageID
	case *DataSMResp:
		return p.MessageID
	}
	return ""
}

// TLVs are the optional parameters of the response to a message.
func (r Result) TLVs() TLVs {
	switch p := r.Response.(type) {
	case *SubmitSMResp:
		return p.TLVs
	case *DataSMResp:
		return p.TLVs
	case *DeliverSMResp:
		return p.TLVs
	}
	return nil
}

func resultOf(h Header, p PDU, err error) Result {
	r := Result{Outcome: Accepted, Sequence: h.Sequence, Status: h.Status, Response: p, Err: err}
	if h.Status != StatusOK || h.Command == CommandGenericNack {
		r.Outcome = Refused
	}
	return r
}
