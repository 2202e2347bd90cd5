package pluginrpc

import (
	"context"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// BearerEvents is told what a bearer reports. Like Window and Closed, Progress and Event come from one goroutine and in the
// plugin's order. Result does too, except for a delivery that never went out: that one comes from a goroutine of its own.
type BearerEvents interface {
	StreamEvents
	// Result ends a delivery; every delivery given to Deliver gets exactly one.
	Result(id string, o push.Outcome)
	// Progress brings a token to store; answer with Stored and its number. It only comes for deliveries without a result.
	Progress(id string, number uint64, token []byte)
	Event(push.Event)
}

// BearerStream carries deliveries to a bearer.
type BearerStream struct {
	book   *deliveries
	events BearerEvents
}

// OpenBearer opens the stream to a bearer, after Configure. The context bounds the opening only.
func (c *Client) OpenBearer(ctx context.Context, events BearerEvents) (*BearerStream, error) {
	d, first, err := open[*pb.BearerCommand](ctx, c,
		func(ctx context.Context, o ...grpc.CallOption) (grpc.BidiStreamingClient[pb.BearerCommands, pb.BearerReports], error) {
			return pb.NewBearerClient(c.conn).Deliver(ctx, o...)
		})
	if err != nil {
		return nil, err
	}
	s := &BearerStream{book: newDeliveries(d.out, events, strays{log: c.log()}), events: events}
	frame := &pb.BearerCommands{}
	go d.write(func(items []*pb.BearerCommand) *pb.BearerCommands {
		frame.Items = append(frame.Items[:0], items...)
		return frame
	})
	s.take(first)
	go func() {
		s.book.end(d.read(s.take))
	}()
	return s, nil
}

func (s *BearerStream) take(b *pb.BearerReports) {
	for _, r := range b.GetItems() {
		switch r := r.GetReport().(type) {
		case *pb.BearerReport_Result:
			if id := r.Result.GetId(); s.book.finish(id) {
				s.events.Result(id, outcomeFromProto(r.Result.GetOutcome()))
			}
		case *pb.BearerReport_Progress:
			if id := r.Progress.GetId(); s.book.progresses(id, len(r.Progress.GetToken())) {
				s.events.Progress(id, r.Progress.GetNumber(), r.Progress.GetToken())
			}
		case *pb.BearerReport_Event:
			if e := eventFromProto(r.Event); e.Kind != 0 {
				s.events.Event(e)
			} else {
				s.book.stray("event of an unknown kind", r.Event.GetKind())
			}
		case *pb.BearerReport_Credit:
			n := int(r.Credit.GetWindow())
			s.book.setWindow(n)
			s.events.Window(n, clip(r.Credit.GetReason()))
		}
	}
}

// Deliver hands a delivery over and never blocks. Beyond the plugin's window deliveries wait here in order. What never went
// out was certainly not sent: if the stream is closed or breaks the result is push.Returned, if it is too large
// push.OutcomeRefused, if its time ends or it is cancelled push.OutcomeFailedForNow. What went out and got no result before the
// stream broke is push.OutcomeUnknown. The delivery must not be changed afterwards.
func (s *BearerStream) Deliver(d push.Delivery) { s.book.deliver(d) }

// Cancel asks to give up a delivery. Its result follows; an unknown id is ignored.
func (s *BearerStream) Cancel(id string) { s.book.abandon(id) }

// Stored tells the bearer that a token of a delivery, or a later one, is on disk. It never blocks.
func (s *BearerStream) Stored(id string, number uint64) {
	c := &pb.BearerCommand{Command: &pb.BearerCommand_Stored{Stored: &pb.TokenStored{Id: text(id), Number: number}}}
	s.book.out.put(c, c.SizeVT())
}

// Close ends the stream. Results that the plugin has already written are still taken, what is open then is unknown. It does
// not wait; Closed follows.
func (s *BearerStream) Close() { s.book.close() }
