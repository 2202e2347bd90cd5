package pap

import "time"

// refusal is the answer to a document or a message that is refused: the message's own response if it was understood, so
// that its push-id comes back, else a badmessage-response.
func refusal(doc Document, e *Error, now time.Time) Document {
	answer := Document{Version: doc.Version}
	desc := clip(e.Desc(), 300)
	switch m := e.Message.(type) {
	case *PushMessage:
		answer.Message = &PushResponse{PushID: m.PushID, ReplyTime: now, Result: Result{e.Code, desc}}
	case *CancelMessage:
		answer.Message = &CancelResponse{
			PushID: m.PushID, Results: []CancelResult{{Addresses: m.Addresses, Code: e.Code, Desc: desc}},
		}
	case *StatusQuery:
		answer.Message = &StatusQueryResponse{PushID: m.PushID, Results: []StatusQueryResult{
			{EventTime: now, State: StateUnknown, Code: e.Code, Desc: desc, Addresses: m.Addresses},
		}}
	case *CCQMessage:
		answer.Message = &CCQResponse{QueryID: m.QueryID, Code: e.Code, Desc: desc, Addresses: m.Addresses}
	default:
		answer.Message = &BadMessageResponse{Code: e.Code, Desc: desc, Fragment: e.Fragment}
		if e.Code == VersionNotSupported {
			answer.Supported = SupportedVersions
		}
	}
	return answer
}

// pushIDOf returns the push-id of a message that has one, for the log.
func pushIDOf(m Message) string {
	switch m := m.(type) {
	case *PushMessage:
		return m.PushID
	case *CancelMessage:
		return m.PushID
	case *StatusQuery:
		return m.PushID
	}
	return ""
}
