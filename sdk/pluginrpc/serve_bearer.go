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
	if err := s.open(host); err != nil {
		return err
	}
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
	for in := (&bearerFrame{}); err == nil; {
		if err = stream.RecvMsg(in); err != nil {
			break
		}
		for i := range in.commands {
			s.command(&in.commands[i], host)
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

// open gives the bearer its host. The stream begins with a window, whether the bearer said one or not.
func (s *bearerServer) open(host *bearerHost) (err error) {
	defer s.control.caught("Open", &err)
	s.handler.Open(host)
	host.begin()
	s.mu.Lock()
	s.host = host
	s.mu.Unlock()
	return nil
}

func (s *bearerServer) command(c *bearerCommand, host *bearerHost) {
	switch c.kind {
	case commandDeliver:
		s.start(c.delivery, host)
	case commandStored:
		defer s.survive("Stored")
		s.handler.Stored(c.id, c.number)
	case commandCancel:
		defer s.survive("Cancel")
		s.handler.Cancel(c.id)
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
	s.handler.Start(d)
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

	mu   sync.Mutex
	said bool // a window
}

func (h *bearerHost) Result(id string, o push.Outcome) {
	r := &pb.BearerReport{Report: &pb.BearerReport_Result{Result: &pb.Result{Id: id, Outcome: outcomeToProto(o)}}}
	h.out.put(r, r.SizeVT())
}

func (h *bearerHost) Progress(id string, number uint64, token []byte) {
	if len(token) > MaxTokenSize {
		h.control.log.Error("progress token dropped: too long", "id", id, "octets", len(token), "limit", MaxTokenSize)
		return
	}
	p := &pb.Progress{Id: id, Number: number, Token: append([]byte(nil), token...)}
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

func (h *bearerHost) Window(n int, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.window(n, why)
}

// begin says a window of 0 for a bearer that has not said any.
func (h *bearerHost) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.said {
		h.window(0, "the bearer has not said how many deliveries it takes")
	}
}

func (h *bearerHost) window(n int, why string) {
	h.said = true
	c := &pb.Credit{Window: uint32(max(n, 0)), Reason: clip(why)}
	r := &pb.BearerReport{Report: &pb.BearerReport_Credit{Credit: c}}
	h.out.put(r, r.SizeVT())
}
