package esme

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A Refusal is what an SMSC answered instead of success.
type Refusal struct {
	Status  smpp.Status
	Class   smpp.Class
	Reason  smpp.DeliveryFailureReason
	Reasons bool              // the SMSC gave a reason
	Network smpp.NetworkError // its Type is 0 without one
	Info    string            // what the SMSC says in words, one line of maxInfo octets at most, "" for nothing
}

// RefusalOf reads the answer to a message that was refused.
func RefusalOf(r smpp.Result) *Refusal {
	tlvs := r.TLVs()
	f := &Refusal{Status: r.Status, Class: smpp.Classifier{}.Class(r.Status, tlvs)}
	if v, ok, err := tlvs.Uint(smpp.TagDeliveryFailureReason); ok && err == nil {
		f.Reason, f.Reasons = smpp.DeliveryFailureReason(v), true
	}
	if n, ok, err := tlvs.NetworkError(); ok && err == nil {
		f.Network = n
	}
	if text, ok := tlvs.CString(smpp.TagAdditionalStatusInfoText); ok {
		f.Info = oneLine(text)
	}
	return f
}

// maxInfo is the size of an additional_status_info_text without its NUL (SMPP 3.4 §5.3.2.11).
const maxInfo = 255

// oneLine is what a peer wrote as it may stand in a log: valid UTF-8 without control characters, and not too long.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxInfo)], "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, text))
}

// Error gives the refusal in the network's terms and in the SMSC's words.
func (f *Refusal) Error() string {
	s := f.Status.String()
	if f.Reasons {
		s += fmt.Sprintf(", delivery_failure_reason %d", f.Reason)
	}
	if f.Network.Type != 0 {
		s += networkText(f.Network)
	}
	if f.Info != "" {
		s += ": " + f.Info
	}
	return s
}

// Answer is what a transaction engine has to know of the end of a segment that was submitted in transaction mode. The Err of any
// but a success is a *Refusal, or says why there is no answer.
func Answer(r smpp.Result) smstx.Answer {
	switch r.Outcome {
	case smpp.Accepted:
		return smstx.Answer{Verdict: smstx.Through}
	case smpp.NeverSent:
		if unfit(r.Err) {
			return smstx.Answer{Verdict: smstx.Permanent, Err: r.Err}
		}
		return smstx.Answer{Verdict: smstx.Busy, Err: r.Err}
	case smpp.Refused:
		f := RefusalOf(r)
		switch {
		case f.Status == smpp.StatusInvBndSts: // the SMSC has forgotten the bind: nothing against this message
			return smstx.Answer{Verdict: smstx.Busy, Err: f}
		case f.Class == smpp.ClassTemporary, f.Class == smpp.ClassThrottled:
			// A throttled one pauses, too, while its link slows down: some SMSCs say "queue full" of one terminal, which must
			// not take the places of all others.
			return smstx.Answer{Verdict: smstx.Temporary, Err: f}
		}
		return smstx.Answer{Verdict: smstx.Permanent, Err: f}
	}
	return smstx.Answer{Verdict: smstx.NoAnswer, Err: r.Err}
}

// unfit says whether a request was not sent because no link can send it.
func unfit(err error) bool {
	var encode *smpp.EncodeError
	return errors.As(err, &encode) || errors.Is(err, smpp.ErrDirection)
}
