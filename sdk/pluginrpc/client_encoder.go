package pluginrpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// EncoderStream carries messages to an encoder.
type EncoderStream struct {
	calls *calls[encodeItem, push.Message]
}

type encodeItem struct{ *pb.EncodeItem }

func (i encodeItem) setID(id uint64)            { i.Id = id }
func (i encodeItem) setTimeout(d time.Duration) { i.TimeoutNano = int64(d) }

// OpenEncoder opens the stream to an encoder, after Configure. The context bounds the opening only.
func (c *Client) OpenEncoder(ctx context.Context, events StreamEvents) (*EncoderStream, error) {
	d, first, err := open[encodeItem](ctx, c,
		func(ctx context.Context, o ...grpc.CallOption) (grpc.BidiStreamingClient[pb.EncodeBatch, pb.EncodedBatch], error) {
			return pb.NewEncoderClient(c.conn).Encode(ctx, o...)
		})
	if err != nil {
		return nil, err
	}
	s := &EncoderStream{calls: newCalls[encodeItem, push.Message](d.out, events, strays{log: c.log()})}
	frame := &pb.EncodeBatch{}
	go d.write(func(items []encodeItem) *pb.EncodeBatch {
		frame.Items = frame.Items[:0]
		for _, i := range items {
			frame.Items = append(frame.Items, i.EncodeItem)
		}
		return frame
	})
	s.take(first)
	go func() {
		s.calls.end(d.read(s.take))
	}()
	return s, nil
}

func (s *EncoderStream) take(b *pb.EncodedBatch) {
	if c := b.GetCredit(); c != nil {
		s.calls.credit(c)
	}
	for _, i := range b.GetItems() {
		if done := s.calls.take(i.GetId()); done != nil {
			done(encodedFromProto(i))
		}
	}
}

// Encode asks the encoder and never blocks. Beyond the plugin's window requests wait here, and the time-out runs meanwhile.
// done is called exactly once, from another goroutine, and must not block: with the message, a *push.Error of the plugin's,
// or a temporary *push.Error at the time-out and when the stream breaks. The request must not be changed until then.
func (s *EncoderStream) Encode(req push.EncodeRequest, timeout time.Duration, done func(push.Message, error)) {
	s.calls.ask(encodeItem{encodeRequestToProto(req)}, timeout, done)
}

// Close takes no more requests and ends the stream when the open ones are answered. It does not wait; Closed follows.
func (s *EncoderStream) Close() { s.calls.close() }
