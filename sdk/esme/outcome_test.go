package esme

import (
	"errors"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// The table of README.md: what an SMSC says of the only segment of a push, and the outcome if it stays so.
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
		{"GSM 27", failure, smpp.TLVs{gsm(27)}, smstx.Temporary, push.OutcomeUnreachable, 0, "ESME_RDELIVERYFAILURE, GSM error 27"},
		{"GSM 6", failure, smpp.TLVs{gsm(6)}, smstx.Temporary, push.OutcomeUnreachable, 0, "ESME_RDELIVERYFAILURE, GSM error 6"},
		{"destination unavailable", failure, smpp.TLVs{absent}, smstx.Temporary, push.OutcomeUnreachable, 0, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0"},
		{"unavailable, absent", failure, smpp.TLVs{absent, gsm(27)}, smstx.Temporary, push.OutcomeUnreachable, 0, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0, GSM error 27"},
		{"unavailable, busy", failure, smpp.TLVs{absent, gsm(31)}, smstx.Temporary, push.OutcomeFailedForNow, 0, "ESME_RDELIVERYFAILURE, delivery_failure_reason 0, GSM error 31"},
		{"temporary network error", failure, smpp.TLVs{temporary}, smstx.Temporary, push.OutcomeFailedForNow, 0, ""},
		{"no reason", failure, nil, smstx.Temporary, push.OutcomeFailedForNow, 0, "ESME_RDELIVERYFAILURE"},
		{"memory", failure, smpp.TLVs{gsm(32)}, smstx.Temporary, push.OutcomeFailedForNow, 0, ""},
		{"system error", smpp.StatusSysErr, nil, smstx.Temporary, push.OutcomeFailedForNow, 0, ""},
		{"temporary application error", smpp.StatusRxTAppn, nil, smstx.Temporary, push.OutcomeFailedForNow, 0, ""},
		{"throttled", smpp.StatusThrottled, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"queue full", smpp.StatusMsgQFul, nil, smstx.Temporary, push.OutcomeFailedForNow, 4001, ""},
		{"not bound any more", smpp.StatusInvBndSts, nil, smstx.Busy, push.OutcomeFailedForNow, 4001, ""},
		{"invalid destination", smpp.StatusInvDstAdr, nil, smstx.Permanent, push.OutcomeRefused, 2003, "ESME_RINVDSTADR"},
		{"invalid TON", smpp.StatusInvDstTON, nil, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"invalid NPI", smpp.StatusInvDstNPI, nil, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"address invalid", failure, smpp.TLVs{invalid}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"GSM 1", failure, smpp.TLVs{gsm(1)}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"unavailable, unknown subscriber", failure, smpp.TLVs{absent, gsm(1)}, smstx.Permanent, push.OutcomeRefused, 2003, ""},
		{"permanent network error", failure, smpp.TLVs{permanent}, smstx.Permanent, push.OutcomeRefused, 0, ""},
		{"barred", failure, smpp.TLVs{gsm(13)}, smstx.Permanent, push.OutcomeRefused, 0, ""},
		{"no transaction mode", smpp.StatusInvESMClass, nil, smstx.Permanent, push.OutcomeRefused, 0, "ESME_RINVESMCLASS"},
		{"invalid source", smpp.StatusInvSrcAdr, nil, smstx.Permanent, push.OutcomeRefused, 0, ""},
		{"submit failed", smpp.StatusSubmitFail, nil, smstx.Permanent, push.OutcomeFailedForNow, 0, "ESME_RSUBMITFAIL"},
		{"unknown error", smpp.StatusUnknownErr, nil, smstx.Permanent, push.OutcomeFailedForNow, 0, ""},
		{"a vendor's", 0x410, nil, smstx.Permanent, push.OutcomeFailedForNow, 0, ""},
		{"another network's", failure, smpp.TLVs{{Tag: smpp.TagNetworkErrorCode, Value: []byte{8, 1, 2}}}, smstx.Temporary, push.OutcomeFailedForNow, 0, "ESME_RDELIVERYFAILURE, network error 258 of type 8"},
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
			if got := Outcome(tt.result, 2); got != tt.want {
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
