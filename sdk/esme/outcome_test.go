package esme

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// What an SMSC says of the only segment of a push, and the outcome if it stays so.
func TestOutcomes(t *testing.T) {
	absent, invalid, permanent, temporary := reason(smpp.FailureDestinationUnavailable), reason(smpp.FailureAddressInvalid),
		reason(smpp.FailurePermanentNetworkError), reason(smpp.FailureTemporaryNetworkError)
	const failure = smpp.StatusDeliveryFailure
	for _, tt := range []struct {
		name    string
		status  smpp.Status
		tlvs    smpp.TLVs
		verdict smstx.Verdict
		kind    push.OutcomeKind
		code    int
		cause   string
	}{
		{"GSM 27", failure, smpp.TLVs{gsm(27)}, smstx.Temporary, push.OutcomeUnreachable, 4000, "ESME_RDELIVERYFAILURE, GSM error 27 absent subscriber"},
		{"GSM 6", failure, smpp.TLVs{gsm(6)}, smstx.Temporary, push.OutcomeUnreachable, 4000, "ESME_RDELIVERYFAILURE, GSM error 6 absent subscriber SM"},
		{"destination unavailable", failure, smpp.TLVs{absent}, smstx.Temporary, push.OutcomeUnreachable, 4000, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0"},
		{"unavailable, absent", failure, smpp.TLVs{absent, gsm(27)}, smstx.Temporary, push.OutcomeUnreachable, 4000, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0, GSM error 27 absent subscriber"},
		{"unavailable, busy", failure, smpp.TLVs{absent, gsm(31)}, smstx.Temporary, push.OutcomeFailedForNow, 4001, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0, GSM error 31 subscriber busy for MT SMS"},
		{"temporary network error", failure, smpp.TLVs{temporary}, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"no reason", failure, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, "ESME_RDELIVERYFAILURE"},
		{"memory", failure, smpp.TLVs{gsm(32)}, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"system error", smpp.StatusSysErr, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"temporary application error", smpp.StatusRxTAppn, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"throttled", smpp.StatusThrottled, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"queue full", smpp.StatusMsgQFul, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"not bound any more", smpp.StatusInvBndSts, nil, smstx.Busy, push.OutcomeFailedForNow, 4001, ""},
		{"invalid destination", smpp.StatusInvDstAdr, nil, smstx.Permanent, push.OutcomeRefused, 2003, "ESME_RINVDSTADR"},
		{"invalid TON", smpp.StatusInvDstTON, nil, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"invalid NPI", smpp.StatusInvDstNPI, nil, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"address invalid", failure, smpp.TLVs{invalid}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"GSM 1", failure, smpp.TLVs{gsm(1)}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"unavailable, unknown subscriber", failure, smpp.TLVs{absent, gsm(1)}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"permanent network error", failure, smpp.TLVs{permanent}, smstx.Permanent, push.OutcomeRefused, 4000, ""},
		{"barred", failure, smpp.TLVs{gsm(13)}, smstx.Permanent, push.OutcomeRefused, 4000, ""},
		{"no transaction mode", smpp.StatusInvESMClass, nil, smstx.Permanent, push.OutcomeRefused, 4000, "ESME_RINVESMCLASS"},
		{"invalid source", smpp.StatusInvSrcAdr, nil, smstx.Permanent, push.OutcomeRefused, 4000, ""},
		{"submit failed", smpp.StatusSubmitFail, nil, smstx.Permanent, push.OutcomeFailedForNow, 4001, "ESME_RSUBMITFAIL"},
		{"unknown error", smpp.StatusUnknownErr, nil, smstx.Permanent, push.OutcomeFailedForNow, 4001, ""},
		{"a vendor's", 0x410, nil, smstx.Permanent, push.OutcomeFailedForNow, 4001, ""},
		{"another network's", failure, smpp.TLVs{{Tag: smpp.TagNetworkErrorCode, Value: []byte{8, 1, 2}}}, smstx.Temporary, push.OutcomeFailedForNow, 4001, "ESME_RDELIVERYFAILURE, network error 258 of type 8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := Answer(smpp.Result{Outcome: smpp.Refused, Status: tt.status, Response: &smpp.SubmitSMResp{TLVs: tt.tlvs}})
			if a.Verdict != tt.verdict || tt.cause != "" && a.Err.Error() != tt.cause {
				t.Errorf("answer %v %v, want %v %s", a.Verdict, a.Err, tt.verdict, tt.cause)
			}
			end := smstx.WindowOver
			if tt.verdict == smstx.Permanent {
				end = smstx.Refused
			}
			o := Outcome(smstx.Result{End: end, Last: a}, 1)
			if o.Kind != tt.kind || o.Code != tt.code || o.Cause == "" {
				t.Errorf("outcome %+v, want %v %d", o, tt.kind, tt.code)
			}
		})
	}
}

func TestOutcomesOfOtherEnds(t *testing.T) {
	broken := errors.New("the link broke")
	for _, tt := range []struct {
		name   string
		result smstx.Result
		want   push.Outcome
	}{
		{"complete", smstx.Result{End: smstx.Complete}, push.Outcome{Kind: push.OutcomeDelivered}},
		{
			"not answered",
			smstx.Result{End: smstx.Unanswered, Uncertain: true, Last: smstx.Answer{Err: broken}},
			push.Outcome{Kind: push.OutcomeUnknown, Cause: "not answered with segments none of 2 through: the link broke"},
		},
		{
			"refused after no answer",
			smstx.Result{End: smstx.Refused, Uncertain: true, Last: smstx.Answer{Verdict: smstx.Permanent, Err: broken}},
			push.Outcome{Kind: push.OutcomeUnknown, Cause: "refused with segments none of 2 through: the link broke"},
		},
		{"drained", smstx.Result{End: smstx.Drained}, push.Returned()},
		{"drained between segments", smstx.Result{End: smstx.Drained, Through: through(1)}, push.Returned()},
		{
			"drained on the air",
			smstx.Result{End: smstx.Drained, Uncertain: true},
			push.Outcome{Kind: push.OutcomeUnknown, Cause: "the bearer was stopped with segments none of 2 through"},
		},
		{
			"never sent",
			smstx.Result{End: smstx.WindowOver},
			push.Outcome{Kind: push.OutcomeFailedForNow, Code: 4001, Text: "the network took no message in time", Cause: "the time window ended with segments none of 2 through"},
		},
		{
			"cancelled before it was sent",
			smstx.Result{End: smstx.Cancelled},
			push.Outcome{Kind: push.OutcomeFailedForNow, Code: 4001, Text: "the network took no message in time", Cause: "cancelled with segments none of 2 through"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Outcome(tt.result, 2); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("outcome %+v, want %+v", got, tt.want)
			}
		})
	}
}

func reason(r smpp.DeliveryFailureReason) smpp.TLV {
	return smpp.TLV{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(r)}}
}

func gsm(code byte) smpp.TLV {
	return smpp.TLV{Tag: smpp.TagNetworkErrorCode, Value: []byte{byte(smpp.NetworkGSM), 0, code}}
}

func through(segments ...int) (s smstx.Set) {
	for _, n := range segments {
		s.Add(n - 1)
	}
	return s
}

// Every status, reason, network error and state has a PAP code that its outcome may have, and a text; and what is done agrees with the
// outcome.
func TestSayings(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Sayings() {
		if seen[s.Says] {
			t.Errorf("%s: twice", s.Says)
		}
		seen[s.Says] = true
		codes := map[push.OutcomeKind][]int{
			push.OutcomeUnreachable: {4000}, push.OutcomeRefused: {2003, 4000}, push.OutcomeFailedForNow: {4001}, push.OutcomeUnknown: {4000},
		}[s.Kind]
		if !slices.Contains(codes, s.Code) || s.Text == "" {
			t.Errorf("%s: %v, code %d, %q", s.Says, s.Kind, s.Code, s.Text)
		}
		if again := s.Then != thenEnds; again && s.Kind == push.OutcomeRefused {
			t.Errorf("%s: %s, and refused", s.Says, s.Then)
		}
		if state := s.State(); (state == "timeout") != (s.Kind == push.OutcomeUnknown) {
			t.Errorf("%s: %s", s.Says, state)
		}
	}
	for _, must := range []string{
		"0x01 ESME_RINVMSGLEN", "0xFE ESME_RDELIVERYFAILURE", "0x112 ESME_RINVBCASTCHANIND", "0xFE with delivery_failure_reason 3",
		"0xFE with GSM error 36 unexpected data value", "receipt EXPIRED",
	} {
		if !seen[must] {
			t.Errorf("nothing is said of %s", must)
		}
	}
	for code := range uint16(256) { // what the classifier knows has a meaning, and the other way round
		_, meant := ofGSM(code)
		tlvs := smpp.TLVs{{Tag: smpp.TagNetworkErrorCode, Value: []byte{byte(smpp.NetworkGSM), 0, byte(code)}}}
		known := smpp.Classifier{}.Class(smpp.StatusUnknownErr, tlvs) != smpp.ClassUnclear
		if meant != known || meant != (gsmName(code) != "") {
			t.Errorf("GSM error %d: meant %v, classified %v, name %q", code, meant, known, gsmName(code))
		}
	}
}

func TestStateOutcome(t *testing.T) {
	absentGSM := smpp.NetworkError{Type: smpp.NetworkGSM, Code: 27}
	for _, tt := range []struct {
		state   smpp.MessageState
		network smpp.NetworkError
		kind    push.OutcomeKind
		code    int
		cause   string
	}{
		{smpp.StateDelivered, smpp.NetworkError{}, push.OutcomeDelivered, 0, ""},
		{smpp.StateExpired, smpp.NetworkError{}, push.OutcomeFailedForNow, 4001, "message_state 3 EXPIRED"},
		{smpp.StateExpired, absentGSM, push.OutcomeUnreachable, 4000, "message_state 3 EXPIRED, GSM error 27 absent subscriber"},
		{smpp.StateUndeliverable, smpp.NetworkError{Type: 3, Code: 1}, push.OutcomeRefused, 2003, "message_state 5 UNDELIVERABLE, GSM error 1 unknown subscriber"},
		{smpp.StateUndeliverable, smpp.NetworkError{Type: 8, Code: 1}, push.OutcomeRefused, 4000, "message_state 5 UNDELIVERABLE, network error 1 of type 8"},
		{smpp.StateDeleted, absentGSM, push.OutcomeRefused, 4000, "message_state 4 DELETED, GSM error 27 absent subscriber"},
		{smpp.StateRejected, smpp.NetworkError{}, push.OutcomeRefused, 4000, "message_state 8 REJECTED"},
		{smpp.StateUnknown, smpp.NetworkError{}, push.OutcomeUnknown, 4000, "message_state 7 UNKNOWN"},
	} {
		if o := StateOutcome(tt.state, tt.network); o.Kind != tt.kind || o.Code != tt.code || o.Cause != tt.cause {
			t.Errorf("%d %+v: %+v", tt.state, tt.network, o)
		}
	}
}
