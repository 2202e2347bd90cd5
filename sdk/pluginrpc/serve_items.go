package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

type encoderServer struct {
	pb.UnimplementedEncoderServer
	control *controlServer
	handler EncoderHandler
	idle    idle
}

func (s *encoderServer) Encode(stream grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error {
	frame := &pb.EncodedBatch{}
	return serveItems(stream, s.control, &s.idle, itemServer[*pb.EncodeItem, *pb.EncodedItem, pb.EncodeBatch, pb.EncodedBatch]{
		credit: &pb.EncodedBatch{Credit: &pb.Credit{Window: itemWindow}},
		items:  (*pb.EncodeBatch).GetItems,
		frame:  func(items []*pb.EncodedItem) *pb.EncodedBatch { frame.Items = items; return frame },
		answer: s.one,
	})
}

func (s *encoderServer) one(ctx context.Context, i *pb.EncodeItem) *pb.EncodedItem {
	a := encodedToProto(s.encode(ctx, encodeRequestFromProto(i)))
	if size := a.SizeVT(); size > MaxItemSize {
		a = encodedToProto(push.Message{}, tooLarge(size))
	}
	a.Id = i.GetId()
	return a
}

func (s *encoderServer) encode(ctx context.Context, r push.EncodeRequest) (m push.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.control.panicked("Encode", p)
			err = panicError(p)
		}
	}()
	return s.handler.Encode(ctx, r)
}

type routingServer struct {
	pb.UnimplementedRoutingServer
	control *controlServer
	handler RoutingHandler
	idle    idle
}

func (s *routingServer) Route(stream grpc.BidiStreamingServer[pb.RouteBatch, pb.RoutedBatch]) error {
	frame := &pb.RoutedBatch{}
	return serveItems(stream, s.control, &s.idle, itemServer[*pb.RouteItem, *pb.RoutedItem, pb.RouteBatch, pb.RoutedBatch]{
		credit: &pb.RoutedBatch{Credit: &pb.Credit{Window: itemWindow}},
		items:  (*pb.RouteBatch).GetItems,
		frame:  func(items []*pb.RoutedItem) *pb.RoutedBatch { frame.Items = items; return frame },
		answer: s.one,
	})
}

func (s *routingServer) one(ctx context.Context, i *pb.RouteItem) *pb.RoutedItem {
	a := routedToProto(s.route(ctx, routeRequestFromProto(i)))
	if size := a.SizeVT(); size > MaxItemSize {
		a = routedToProto(push.Route{}, &push.Error{Temporary: true, Cause: tooLarge(size).Cause})
	}
	a.Id = i.GetId()
	return a
}

func (s *routingServer) route(ctx context.Context, r push.RouteRequest) (route push.Route, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.control.panicked("Route", p)
			err = panicError(p)
		}
	}()
	return s.handler.Route(ctx, r)
}

func panicError(p any) error {
	return &push.Error{Temporary: true, Cause: fmt.Sprintf("panic: %v", p)}
}

// itemServer is what the streams of encoders and routing strategies differ in.
type itemServer[Item question, Answer answer, In, Out any] struct {
	credit *Out // the first message
	items  func(*In) []Item
	frame  func([]Answer) *Out
	answer func(context.Context, Item) Answer
}

type question interface{ GetTimeoutNano() int64 }

type answer interface{ SizeVT() int }

// serveItems answers items, each as soon as it can be and none held up by another, until the gateway closes the stream, and
// then what is left.
func serveItems[Item question, Answer answer, In, Out any](
	stream grpc.BidiStreamingServer[In, Out], control *controlServer, idle *idle, s itemServer[Item, Answer, In, Out],
) error {
	if err := control.openStream(); err != nil {
		return err
	}
	if err := stream.Send(s.credit); err != nil {
		return err
	}
	out := newOutbox[Answer]()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = out.run(func(batch []Answer) error { return stream.Send(s.frame(batch)) })
	}()
	ctx := stream.Context()
	team := &workers[Item]{do: func(i Item) {
		defer idle.end()
		ctx := newItemContext(ctx, time.Duration(i.GetTimeoutNano()))
		defer ctx.end()
		a := s.answer(ctx, i)
		out.put(a, a.SizeVT())
	}}
	defer team.end()
	var err error
	for err == nil {
		var in *In
		if in, err = stream.Recv(); err != nil {
			break
		}
		items := s.items(in)
		idle.begin(len(items))
		team.give(items)
	}
	if errors.Is(err, io.EOF) {
		err = nil
		idle.wait(ctx)
		out.close()
	} else {
		out.kill()
	}
	<-written
	return err
}

// idle counts open items and tells when there are none.
type idle struct {
	mu   sync.Mutex
	open int
	none chan struct{} // closed when open falls to 0, for those who wait; nil if nobody does
}

func (i *idle) begin(n int) {
	i.mu.Lock()
	i.open += n
	i.mu.Unlock()
}

func (i *idle) end() {
	i.mu.Lock()
	if i.open--; i.open == 0 && i.none != nil {
		close(i.none)
		i.none = nil
	}
	i.mu.Unlock()
}

func (i *idle) wait(ctx context.Context) {
	i.mu.Lock()
	if i.open == 0 {
		i.mu.Unlock()
		return
	}
	if i.none == nil {
		i.none = make(chan struct{})
	}
	none := i.none
	i.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
