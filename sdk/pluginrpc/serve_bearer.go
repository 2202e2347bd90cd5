package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

type bearerServer struct {
	pb.UnimplementedBearerServer
	control *controlServer
	handler BearerHandler

	mu       sync.Mutex
	host     *bearerHost // of the stream, nil before
	draining bool        // no Start any more
}

func (s *bearerServer) Deliver(stream grpc.BidiStreamingServer[pb.BearerCommands, pb.BearerReports]) error {
	if err := s.control.openStream(); err != nil {
		return err
	}
	host := &bearerHost{out: newOutbox[*pb.BearerReport](), control: s.control}
	s.mu.Lock()
	s.host = host
	s.mu.Unlock()
	host.Window(s.handler.Window())
	written := make(chan struct{})
	go func() {
		defer close(written)
		frame := &pb.BearerReports{}
		_ = host.out.run(func(batch []*pb.BearerReport) error {
			frame.Items = batch
			return stream.Send(frame)
		})
	}()
	var err error
	for err == nil {
		var in *pb.BearerCommands
		if in, err = stream.Recv(); err != nil {
			break
		}
		for _, c := range in.GetItems() {
			s.command(c, host)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
		host.out.close()
	} else {
		host.out.kill()
	}
	<-written
	return err
}

func (s *bearerServer) command(c *pb.BearerCommand, host *bearerHost) {
	switch c := c.GetCommand().(type) {
	case *pb.BearerCommand_Deliver:
		s.start(deliveryFromProto(c.Deliver), host)
	case *pb.BearerCommand_Stored:
		defer s.survive("Stored")
		s.handler.Stored(c.Stored.GetId())
	case *pb.BearerCommand_Cancel:
		defer s.survive("Cancel")
		s.handler.Cancel(c.Cancel.GetId())
	}
}

func (s *bearerServer) start(d push.Delivery, host *bearerHost) {
	defer func() {
		if p := recover(); p != nil {
			s.control.panicked("Start", p)
			// Nobody knows how far it came.
			host.Result(d.ID, push.Outcome{Kind: push.OutcomeUnknown, Cause: fmt.Sprintf("panic: %v", p)})
		}
	}()
	// Drain comes on another stream and may overtake deliveries.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		host.Result(d.ID, push.Returned())
		return
	}
	s.handler.Start(d, host)
}

func (s *bearerServer) survive(call string) {
	if p := recover(); p != nil {
		s.control.panicked(call, p)
	}
}

func (s *bearerServer) drain(ctx context.Context) {
	s.mu.Lock()
	host := s.host
	s.draining = true
	s.mu.Unlock()
	s.handler.Drain(ctx)
	if host != nil {
		host.out.flush(ctx)
	}
}

// bearerHost is the gateway as a bearer sees it.
type bearerHost struct {
	out     *outbox[*pb.BearerReport]
	control *controlServer
}

func (h *bearerHost) Result(id string, o push.Outcome) {
	r := &pb.BearerReport{Report: &pb.BearerReport_Result{Result: &pb.Result{Id: id, Outcome: outcomeToProto(o)}}}
	h.out.put(r, r.SizeVT())
}

func (h *bearerHost) Progress(id string, token []byte) {
	if len(token) > MaxTokenSize {
		h.control.log.Error("progress token dropped: too long", "id", id, "octets", len(token), "limit", MaxTokenSize)
		return
	}
	p := &pb.Progress{Id: id, Token: append([]byte(nil), token...)}
	r := &pb.BearerReport{Report: &pb.BearerReport_Progress{Progress: p}}
	h.out.putSlow(r, r.SizeVT(), maxReports)
}

func (h *bearerHost) Event(e push.Event) {
	r := &pb.BearerReport{Report: &pb.BearerReport_Event{Event: eventToProto(e)}}
	size := r.SizeVT()
	if size > MaxItemSize {
		h.control.log.Error("event dropped: too long", "octets", size, "limit", MaxItemSize)
		return
	}
	h.out.putSlow(r, size, maxReports)
}

func (h *bearerHost) Window(n int) {
	c := &pb.Credit{Window: uint32(max(n, 0))}
	r := &pb.BearerReport{Report: &pb.BearerReport_Credit{Credit: c}}
	h.out.put(r, r.SizeVT())
}
