package pluginrpc

import (
	"errors"
	"strings"

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
		return &pb.RoutedItem{Answer: &pb.RoutedItem_NotHere{NotHere: &pb.NotHere{Cause: reason(err, push.ErrNotHere)}}}
	case errors.Is(err, push.ErrNotAttached):
		return &pb.RoutedItem{Answer: &pb.RoutedItem_NotAttached{NotAttached: &pb.NotAttached{Cause: reason(err, push.ErrNotAttached)}}}
	}
	return &pb.RoutedItem{Answer: &pb.RoutedItem_Error{Error: errorToProto(push.AsError(err))}}
}

func routedFromProto(i *pb.RoutedItem) (push.Route, error) {
	switch a := i.GetAnswer().(type) {
	case *pb.RoutedItem_Route:
		return routeFromProto(a.Route), nil
	case *pb.RoutedItem_NotHere:
		return push.Route{}, because(push.ErrNotHere, a.NotHere.GetCause())
	case *pb.RoutedItem_NotAttached:
		return push.Route{}, because(push.ErrNotAttached, a.NotAttached.GetCause())
	case *pb.RoutedItem_Error:
		return push.Route{}, errorFromProto(a.Error)
	}
	return push.Route{}, &push.Error{Temporary: true, Cause: "the plugin gave an answer that this version does not know"}
}

// reason is what a strategy says with an answer that is no route: "" if it returned the bare answer.
func reason(err, answer error) string {
	if said := err.Error(); said != answer.Error() {
		return line(said)
	}
	return ""
}

// because is an answer that is no route, in the words of the plugin, which need not repeat the answer's own. Plugins that were
// built before push.ErrNotHere had a cause send none.
func because(answer error, cause string) error {
	switch cause = line(cause); {
	case cause == "":
		return answer
	case strings.Contains(cause, answer.Error()):
		return explained{answer: answer, words: cause}
	}
	return explained{answer: answer, words: answer.Error() + ": " + cause}
}

// explained is push.ErrNotHere or push.ErrNotAttached with what the plugin said.
type explained struct {
	answer error
	words  string
}

func (e explained) Error() string { return e.words }
func (e explained) Unwrap() error { return e.answer }
