package pluginrpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// RoutingStream carries questions to a routing strategy.
type RoutingStream struct {
	calls *calls[routeItem, push.Route]
}

type routeItem struct{ *pb.RouteItem }

func (i routeItem) setID(id uint64)            { i.Id = id }
func (i routeItem) setTimeout(d time.Duration) { i.TimeoutNano = int64(d) }

// OpenRouting opens the stream to a routing strategy, after Configure. The context bounds the opening only.
func (c *Client) OpenRouting(ctx context.Context, events StreamEvents) (*RoutingStream, error) {
	d, first, err := open[routeItem](ctx, c,
		func(ctx context.Context, o ...grpc.CallOption) (grpc.BidiStreamingClient[pb.RouteBatch, pb.RoutedBatch], error) {
			return pb.NewRoutingClient(c.conn).Route(ctx, o...)
		})
	if err != nil {
		return nil, err
	}
	s := &RoutingStream{calls: newCalls[routeItem, push.Route](d.out, events, strays{log: c.log()})}
	frame := &pb.RouteBatch{}
	go d.write(func(items []routeItem) *pb.RouteBatch {
		frame.Items = frame.Items[:0]
		for _, i := range items {
			frame.Items = append(frame.Items, i.RouteItem)
		}
		return frame
	})
	s.take(first)
	go func() {
		s.calls.end(d.read(s.take))
	}()
	return s, nil
}

func (s *RoutingStream) take(b *pb.RoutedBatch) {
	if c := b.GetCredit(); c != nil {
		s.calls.credit(c)
	}
	for _, i := range b.GetItems() {
		if done := s.calls.take(i.GetId()); done != nil {
			done(routedFromProto(i))
		}
	}
}

// Route asks the strategy and never blocks, like EncoderStream.Encode. Besides *push.Error, done may get errors that
// errors.Is push.ErrNotHere or push.ErrNotAttached, in the words of the plugin: one line, MaxTextSize octets and the answer's own
// at most. Without words they are the bare ones.
func (s *RoutingStream) Route(req push.RouteRequest, timeout time.Duration, done func(push.Route, error)) {
	s.calls.ask(routeItem{routeRequestToProto(req)}, timeout, done)
}

// Close takes no more questions and ends the stream when the open ones are answered. It does not wait; Closed follows.
func (s *RoutingStream) Close() { s.calls.close() }
