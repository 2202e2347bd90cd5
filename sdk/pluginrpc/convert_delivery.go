package pluginrpc

import (
	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func deliveryToProto(d push.Delivery) *pb.Deliver {
	return &pb.Deliver{
		Id:          text(d.ID),
		PushId:      text(d.PushID),
		Lane:        text(d.Lane),
		Sequence:    d.Sequence,
		Priority:    int32(d.Priority),
		Method:      int32(d.Method),
		Terminal:    subscriberToProto(d.Terminal),
		Message:     messageToProto(d.Message),
		Route:       routeToProto(d.Route),
		TimeoutNano: int64(d.Timeout),
		Token:       octets(d.Token),
		OtherTokens: each(d.OtherTokens, octets),
	}
}

func eventToProto(e push.Event) *pb.Event {
	return &pb.Event{
		Kind:     eventKindToProto(e.Kind),
		Terminal: subscriberToProto(e.Terminal),
		Session:  optionalSessionToProto(e.Session),
		Cause:    clip(e.Cause),
	}
}

// eventFromProto gives kind 0 for an event that version 1 does not know.
func eventFromProto(e *pb.Event) push.Event {
	return push.Event{
		Kind:     eventKindFromProto(e.GetKind()),
		Terminal: subscriberFromProto(e.GetTerminal()),
		Session:  optionalSessionFromProto(e.GetSession()),
		Cause:    clip(e.GetCause()),
	}
}

func eventKindToProto(k push.EventKind) pb.EventKind {
	switch k {
	case push.EventReachable:
		return pb.EventKind_EVENT_REACHABLE
	case push.EventSessionUp:
		return pb.EventKind_EVENT_SESSION_UP
	case push.EventSessionDown:
		return pb.EventKind_EVENT_SESSION_DOWN
	case push.EventAddressReleased:
		return pb.EventKind_EVENT_ADDRESS_RELEASED
	}
	return pb.EventKind_EVENT_UNSPECIFIED
}

func eventKindFromProto(k pb.EventKind) push.EventKind {
	switch k {
	case pb.EventKind_EVENT_REACHABLE:
		return push.EventReachable
	case pb.EventKind_EVENT_SESSION_UP:
		return push.EventSessionUp
	case pb.EventKind_EVENT_SESSION_DOWN:
		return push.EventSessionDown
	case pb.EventKind_EVENT_ADDRESS_RELEASED:
		return push.EventAddressReleased
	}
	return 0
}
