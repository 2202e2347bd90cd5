package smsc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// An end is what an ESME is told of a transaction. README.md has it as a table.
type end struct {
	status  smpp.Status
	reason  *smpp.DeliveryFailureReason
	network smpp.NetworkError // its Type is 0 without one
	why     string            // additional_status_info_text
}

// endOf is what is told of the end of a transaction. Where no delivery link is bound it says so, since nothing else that is said
// helps the operator then.
func (s *SMSC) endOf(t *transaction, r smstx.Result) end {
	if r.End == smstx.Complete {
		return end{status: smpp.StatusOK}
	}
	e := endOf(r, t.message.Segments.Len(), t.link != nil)
	if r.End == smstx.WindowOver && !r.Uncertain && (t.link == nil || s.links.Places() == 0) {
		e.why += "; " + s.noLink()
	}
	return e
}

// noLink is why a message found no delivery link that took it.
func (s *SMSC) noLink() string {
	text, down := "no delivery link had a place", s.links.Why()
	if s.links.Places() == 0 {
		text = "no delivery link is bound"
	}
	if down != "" {
		text += ": " + down
	}
	return text
}

// endOf is what is told of the end of a transaction of so many segments that is not complete, of which one was sent or none.
func endOf(r smstx.Result, total int, sent bool) end {
	e := end{why: why(r, total)}
	var f *esme.Refusal
	answered := errors.As(r.Last.Err, &f)
	if answered {
		e.network = f.Network
		if f.Reasons {
			e.reason = &f.Reason
		}
	}
	switch {
	case r.Uncertain:
		e.status, e.reason, e.network = smpp.StatusUnknownErr, nil, smpp.NetworkError{}
	case r.End == smstx.Refused && answered:
		e.status = f.Status
	case r.End == smstx.Refused:
		e.status = smpp.StatusSubmitFail
	case r.End == smstx.Drained && r.Through == smstx.Set{}:
		e.status = smpp.StatusSysErr
	case !sent:
		e.status = smpp.StatusMsgQFul
	default:
		e.status = smpp.StatusDeliveryFailure
		if e.reason == nil {
			temporary := smpp.FailureTemporaryNetworkError
			e.reason = &temporary
		}
	}
	return e
}

// why is the end in words: which segments got through, and what was said last.
func why(r smstx.Result, total int) string {
	text := "not delivered"
	switch {
	case r.Uncertain:
		text = "unknown, it may have been delivered"
	case r.End == smstx.WindowOver:
		text = "not delivered in time"
	case r.End == smstx.Spent:
		text = "not delivered in as many tries as are allowed"
	case r.End == smstx.Drained:
		text = "the SMSC stops"
	}
	if total > 1 {
		var through []string
		for i := range total {
			if r.Through.Has(i) {
				through = append(through, fmt.Sprint(i+1))
			}
		}
		if len(through) == 0 {
			through = []string{"none"}
		}
		text += fmt.Sprintf(", through of %d segments: %s", total, strings.Join(through, " "))
	}
	if r.Last.Err != nil {
		text += ": " + r.Last.Err.Error()
	}
	return text
}

// maxText is the size of an additional_status_info_text without its NUL (SMPP 3.4 §5.3.2.11).
const maxText = 255

// tlvs are the optional parameters of a failure.
func (e end) tlvs() smpp.TLVs {
	var t smpp.TLVs
	if e.reason != nil {
		t = append(t, smpp.TLV{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(*e.reason)}})
	}
	if e.network.Type != 0 {
		t.AddNetworkError(e.network)
	}
	text := strings.ToValidUTF8(e.why[:min(len(e.why), maxText)], "")
	if text != "" && t.AddCString(smpp.TagAdditionalStatusInfoText, text) != nil { // a NUL in what a peer said
		return t
	}
	return t
}

// errorResponse is the body of a failure, nil for none.
func (a *account) errorResponse(r *smpp.Request, e end) smpp.PDU {
	if !a.errorBody && r.Header.Command == smpp.CommandSubmitSM {
		return nil
	}
	return response(r, "", e.tlvs())
}

// success is the answer to a request whose transaction has ended well. It is for the call of transaction.done that runs.
func (s *SMSC) success(r *smpp.Request, messageID string) smpp.PDU {
	if r.Header.Command == smpp.CommandDataSM {
		s.dataResp.MessageID = messageID
		return &s.dataResp
	}
	s.submitResp.MessageID = messageID
	return &s.submitResp
}

func response(r *smpp.Request, messageID string, tlvs smpp.TLVs) smpp.PDU {
	if r.Header.Command == smpp.CommandDataSM {
		return &smpp.DataSMResp{MessageID: messageID, TLVs: tlvs}
	}
	return &smpp.SubmitSMResp{MessageID: messageID, TLVs: tlvs}
}
