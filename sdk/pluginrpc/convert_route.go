package pluginrpc

import (
	"errors"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func routeRequestToProto(r push.RouteRequest) *pb.RouteItem {
	return &pb.RouteItem{
		PushId:        text(r.PushID),
		Subscriber:    subscriberToProto(r.Subscriber),
		ApplicationId: text(r.ApplicationID),
		Size:          int64(r.Size),
	}
}

func routeRequestFromProto(i *pb.RouteItem) push.RouteRequest {
	return push.RouteRequest{
		PushID:        i.GetPushId(),
		Subscriber:    subscriberFromProto(i.GetSubscriber()),
		ApplicationID: i.GetApplicationId(),
		Size:          int(i.GetSize()),
	}
}

func routeToProto(r push.Route) *pb.Route {
	return &pb.Route{
		Node: text(r.Node), Apn: text(r.APN), Imsi: text(string(r.IMSI)), Session: optionalSessionToProto(r.Session),
	}
}

func routeFromProto(r *pb.Route) push.Route {
	return push.Route{
		Node: r.GetNode(), APN: r.GetApn(), IMSI: push.IMSI(r.GetImsi()), Session: optionalSessionFromProto(r.GetSession()),
	}
}

// routedToProto is a strategy's answer: a route, not here, not attached, or an error.
func routedToProto(r push.Route, err error) *pb.RoutedItem {
	switch {
	case err == nil:
		return &pb.RoutedItem{Answer: &pb.RoutedItem_Route{Route: routeToProto(r)}}
	case errors.Is(err, push.ErrNotHere):
		return &pb.RoutedItem{Answer: &pb.RoutedItem_NotHere{NotHere: &pb.NotHere{}}}
	case errors.Is(err, push.ErrNotAttached):
		na := &pb.NotAttached{}
		if c := err.Error(); c != push.ErrNotAttached.Error() {
			na.Cause = clip(c)
		}
		return &pb.RoutedItem{Answer: &pb.RoutedItem_NotAttached{NotAttached: na}}
	}
	return &pb.RoutedItem{Answer: &pb.RoutedItem_Error{Error: errorToProto(push.AsError(err))}}
}

func routedFromProto(i *pb.RoutedItem) (push.Route, error) {
	switch a := i.GetAnswer().(type) {
	case *pb.RoutedItem_Route:
		return routeFromProto(a.Route), nil
	case *pb.RoutedItem_NotHere:
		return push.Route{}, push.ErrNotHere
	case *pb.RoutedItem_NotAttached:
		if c := clip(a.NotAttached.GetCause()); c != "" {
			return push.Route{}, notAttached{cause: c}
		}
		return push.Route{}, push.ErrNotAttached
	case *pb.RoutedItem_Error:
		return push.Route{}, errorFromProto(a.Error)
	}
	return push.Route{}, &push.Error{Temporary: true, Cause: "the plugin gave an answer that this version does not know"}
}

// notAttached is push.ErrNotAttached in the words of the plugin.
type notAttached struct{ cause string }

func (e notAttached) Error() string { return e.cause }
func (e notAttached) Unwrap() error { return push.ErrNotAttached }
