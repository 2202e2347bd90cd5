package pluginrpc

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// EncoderHandler is encoder.Encoder, which has the contract.
type EncoderHandler interface {
	plugin.Plugin
	Encode(context.Context, push.EncodeRequest) (push.Message, error)
}

// RoutingHandler is routing.Strategy, which has the contract.
type RoutingHandler interface {
	plugin.Plugin
	Route(context.Context, push.RouteRequest) (push.Route, error)
}

// BearerHandler is bearer.Stream, which has the contract.
type BearerHandler interface {
	plugin.Plugin
	Open(BearerHost)
	Start(push.Delivery)
	Stored(id string, number uint64)
	Cancel(id string)
	Drain(context.Context)
}

// BearerHost is bearer.Host, which has the contract.
type BearerHost interface {
	Result(id string, o push.Outcome)
	Progress(id string, number uint64, token []byte)
	Event(push.Event)
	Window(n int, why string)
}
