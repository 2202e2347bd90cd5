package pluginrpc

import (
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func errorToProto(e *push.Error) *pb.Error {
	return &pb.Error{Temporary: e.Temporary, Code: int32(e.Code), Text: clip(e.Text), Cause: clip(e.Cause)}
}

func errorFromProto(e *pb.Error) *push.Error {
	return &push.Error{
		Temporary: e.GetTemporary(), Code: int(e.GetCode()), Text: clip(e.GetText()), Cause: clip(e.GetCause()),
	}
}

func outcomeToProto(o push.Outcome) *pb.Outcome {
	return &pb.Outcome{
		Kind:           outcomeKindToProto(o.Kind),
		Code:           int32(o.Code),
		Text:           clip(o.Text),
		Cause:          clip(o.Cause),
		RetryAfterNano: int64(o.RetryAfter),
		Exchanges:      exchangesToProto(o.Exchanges),
	}
}

func outcomeFromProto(o *pb.Outcome) push.Outcome {
	return push.Outcome{
		Kind:       outcomeKindFromProto(o.GetKind()),
		Code:       int(o.GetCode()),
		Text:       clip(o.GetText()),
		Cause:      clip(o.GetCause()),
		RetryAfter: time.Duration(max(o.GetRetryAfterNano(), 0)),
		Exchanges:  exchangesFromProto(o.GetExchanges()),
	}
}

func exchangesToProto(list []push.Exchange) []*pb.Exchange {
	if len(list) == 0 {
		return nil
	}
	out := make([]*pb.Exchange, min(len(list), push.MaxExchanges))
	for i := range out {
		x := &list[i]
		out[i] = &pb.Exchange{AfterNano: int64(x.After), From: brief(x.From), To: brief(x.To), Text: brief(x.Text)}
	}
	return out
}

func exchangesFromProto(list []*pb.Exchange) []push.Exchange {
	if len(list) == 0 {
		return nil
	}
	out := make([]push.Exchange, min(len(list), push.MaxExchanges))
	for i := range out {
		x := list[i]
		out[i] = push.Exchange{
			After: time.Duration(max(x.GetAfterNano(), 0)), From: brief(x.GetFrom()), To: brief(x.GetTo()), Text: brief(x.GetText()),
		}
	}
	return out
}

// maxExchangeText is about how many octets of a text of an exchange are kept.
const maxExchangeText = 256

func brief(s string) string { return line(s[:min(len(s), maxExchangeText)]) }

func outcomeKindToProto(k push.OutcomeKind) pb.OutcomeKind {
	switch k {
	case push.OutcomeDelivered:
		return pb.OutcomeKind_OUTCOME_DELIVERED
	case push.OutcomeAccepted:
		return pb.OutcomeKind_OUTCOME_ACCEPTED
	case push.OutcomeUnreachable:
		return pb.OutcomeKind_OUTCOME_UNREACHABLE
	case push.OutcomeRefused:
		return pb.OutcomeKind_OUTCOME_REFUSED
	case push.OutcomeFailedForNow:
		return pb.OutcomeKind_OUTCOME_FAILED_FOR_NOW
	}
	return pb.OutcomeKind_OUTCOME_UNKNOWN
}

func outcomeKindFromProto(k pb.OutcomeKind) push.OutcomeKind {
	switch k {
	case pb.OutcomeKind_OUTCOME_DELIVERED:
		return push.OutcomeDelivered
	case pb.OutcomeKind_OUTCOME_ACCEPTED:
		return push.OutcomeAccepted
	case pb.OutcomeKind_OUTCOME_UNREACHABLE:
		return push.OutcomeUnreachable
	case pb.OutcomeKind_OUTCOME_REFUSED:
		return push.OutcomeRefused
	case pb.OutcomeKind_OUTCOME_FAILED_FOR_NOW:
		return push.OutcomeFailedForNow
	}
	return push.OutcomeUnknown
}
