package pluginrpc

import (
	"context"
	"io"
	"testing"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// played is a plugin's side of a stream whose gateway sends the frames of a fuzz input and then closes.
type played[In, Out any] struct {
	grpc.ServerStream
	ctx  context.Context
	in   []*In
	sent func(*Out)
}

func (p *played[In, Out]) Context() context.Context { return p.ctx }
func (p *played[In, Out]) Send(m *Out) error        { p.sent(m); return nil }

func (p *played[In, Out]) Recv() (*In, error) {
	if len(p.in) == 0 {
		return nil, io.EOF
	}
	m := p.in[0]
	p.in = p.in[1:]
	return m, nil
}

// RecvMsg has what came read as the codec does.
func (p *played[In, Out]) RecvMsg(v any) error {
	m, err := p.Recv()
	if err != nil {
		return err
	}
	b, err := any(m).(interface{ MarshalVT() ([]byte, error) }).MarshalVT()
	if err != nil {
		return err
	}
	return v.(vtReader).UnmarshalVT(b)
}

// fuzzControl is a plugin that was configured.
func fuzzControl(h *fakePlugin) *controlServer {
	c := newControlServer(h)
	c.log, c.configured = hclog.NewNullLogger(), true
	return c
}

// Whatever the gateway sends to an encoder, each item gets one answer with its number.
func FuzzEncoderItems(f *testing.F) {
	one := &pb.EncodeItem{Id: 1, TimeoutNano: -1, Message: &pb.Message{Headers: []*pb.Header{{}}}, Inputs: []*pb.InputValue{{}}}
	f.Add(frames(&pb.EncodeBatch{Items: []*pb.EncodeItem{one, one, {Id: 1<<64 - 1, TimeoutNano: 1<<63 - 1}}}, &pb.EncodeBatch{}))
	f.Fuzz(func(t *testing.T, input []byte) {
		h := &fakeEncoder{encode: func(_ context.Context, r push.EncodeRequest) (push.Message, error) { return r.Message, nil }}
		owed := map[uint64]int{}
		p := &played[pb.EncodeBatch, pb.EncodedBatch]{ctx: t.Context()}
		eachFrame(input, func(b *pb.EncodeBatch) {
			p.in = append(p.in, b)
			for _, i := range b.GetItems() {
				owed[i.GetId()]++
			}
		})
		p.sent = func(b *pb.EncodedBatch) {
			for _, i := range b.GetItems() {
				owed[i.GetId()]--
			}
		}
		s := &encoderServer{control: fuzzControl(&h.fakePlugin), handler: h}
		if err := s.Encode(p); err != nil {
			t.Fatal(err)
		}
		for id, n := range owed {
			if n != 0 {
				t.Errorf("item %d: %d answers are missing", id, n)
			}
		}
	})
}

// Whatever the gateway sends to a bearer, each delivery gets to it once and its result gets back.
func FuzzBearerCommands(f *testing.F) {
	deliver := func(id string) *pb.BearerCommand {
		return &pb.BearerCommand{Command: &pb.BearerCommand_Deliver{Deliver: &pb.Deliver{Id: id, Priority: -1, Method: 99, TimeoutNano: -1}}}
	}
	f.Add(frames(&pb.BearerCommands{Items: []*pb.BearerCommand{
		deliver("1"), deliver("1"), deliver("\xFF"),
		{},
		{Command: &pb.BearerCommand_Deliver{}},
		{Command: &pb.BearerCommand_Cancel{Cancel: &pb.Cancel{Id: "nosuch"}}},
		{Command: &pb.BearerCommand_Stored{Stored: &pb.TokenStored{Id: "1", Number: 1<<64 - 1}}},
	}}))
	f.Fuzz(func(t *testing.T, input []byte) {
		owed := 0
		h := &fakeBearer{
			start: func(d push.Delivery, host BearerHost) {
				host.Result(d.ID, push.Outcome{Kind: push.OutcomeKind(len(d.ID))})
			},
			stored: func(string) {}, cancel: func(string) {},
		}
		p := &played[pb.BearerCommands, pb.BearerReports]{ctx: t.Context()}
		eachFrame(input, func(b *pb.BearerCommands) {
			p.in = append(p.in, b)
			for _, c := range b.GetItems() {
				if _, ok := c.GetCommand().(*pb.BearerCommand_Deliver); ok {
					owed++
				}
			}
		})
		p.sent = func(b *pb.BearerReports) {
			for _, r := range b.GetItems() {
				if _, ok := r.GetReport().(*pb.BearerReport_Result); ok {
					owed--
				}
			}
		}
		s := &bearerServer{control: fuzzControl(&h.fakePlugin), handler: h}
		if err := s.Deliver(p); err != nil {
			t.Fatal(err)
		}
		if owed != 0 {
			t.Errorf("%d results are missing", owed)
		}
	})
}
