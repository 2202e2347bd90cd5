package node

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

func octetsOf(t testing.TB, f frame) []byte {
	t.Helper()
	b := make([]byte, f.SizeVT())
	if _, err := f.MarshalToSizedBufferVT(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// checkingNode answers at once, and looks at what it is given.
type checkingNode struct{ t *testing.T }

func (n checkingNode) Push(p Push, done func(Result)) {
	if err := p.check(); err != nil || p.Within <= 0 || p.Within > maxWithin {
		// The node's ids are the gateway's with something before them.
		if len(p.ID) <= maxID {
			n.t.Errorf("the node got %+v: %v", p, err)
		}
	}
	if len(p.PushID)%2 == 0 {
		done(Result{Cause: Cause(p.PushID), Text: p.APN})
	}
}

func (checkingNode) Cancel(string) {}

// FuzzGatewayFrames is what a gateway may write to a node, one frame after its hello: nothing malformed comes to the node, what is
// written back can be read, and as many pushes are open as have no result.
func FuzzGatewayFrames(f *testing.F) {
	p := somePush("a", "")
	w := pushToWire(&p, time.Minute)
	f.Add(octetsOf(f, &pb.GatewayFrame{Pushes: []*pb.Push{w, w}, Cancels: []*pb.Cancel{{Id: "a"}, {}}}))
	f.Add(octetsOf(f, helloFrame()))
	f.Add(octetsOf(f, &pb.GatewayFrame{Pushes: []*pb.Push{{Id: "b", Address: make([]byte, 3)}}}))
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, octets []byte) {
		s, err := NewServer(checkingNode{t}, ServerOptions{Tokens: []string{token}, Window: 8})
		if err != nil {
			t.Fatal(err)
		}
		g, err := s.join("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.take(helloFrame()); err != nil {
			t.Fatal(err)
		}
		var in pb.GatewayFrame
		if (codec{}).Unmarshal(mem.BufferSlice{mem.SliceBuffer(octets)}, &in) != nil {
			return
		}
		err = g.take(&in)
		if c := status.Code(err); err != nil && c != codes.InvalidArgument && c != codes.ResourceExhausted {
			t.Errorf("the stream ends with %v", err)
		}
		if err != nil && status.Convert(err).Message() == "" {
			t.Error("the stream ends without a reason")
		}
		if n := g.status().Open; n > 8 || int64(n) != s.open.Load() {
			t.Errorf("%d are open here, %d there", n, s.open.Load())
		}
		g.out.close()
		g.out.run(func(out *pb.NodeFrame) error {
			for _, r := range out.GetResults() {
				if _, err := resultFromWire(r); err != nil {
					t.Errorf("the gateway would not take %v: %v", r, err)
				}
			}
			return nil
		})
		g.leave()
		if s.open.Load() != 0 {
			t.Errorf("%d are open after the end", s.open.Load())
		}
	})
}

// FuzzNodeFrames is what a node may write to a gateway, one frame after its hello: a push has at most one result, the result is one
// that a node may give, and a push that has none yet has one when the connection ends.
func FuzzNodeFrames(f *testing.F) {
	e, err := eventToWire(fullEvent())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(octetsOf(f, &pb.NodeFrame{
		Window: &pb.Window{Size: 1, Reason: "why"}, Events: []*pb.Event{e, {Kind: 77}}, EventsLost: 2,
		Results: []*pb.Result{{Id: "0", Sent: true}, {Id: "0", Sent: true}, {Id: "1", Cause: "failed"}, {Id: "9", Cause: "node-lost"}},
	}))
	f.Add(octetsOf(f, &pb.NodeFrame{Hello: &pb.NodeHello{Version: 1}}))
	f.Add(octetsOf(f, &pb.NodeFrame{Results: []*pb.Result{{Id: "2", Cause: "node-down"}}}))
	f.Add([]byte{0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, octets []byte) {
		var in pb.NodeFrame
		if (codec{}).Unmarshal(mem.BufferSlice{mem.SliceBuffer(octets)}, &in) != nil {
			return
		}
		c := &Client{log: hclog.NewNullLogger(), options: DialOptions{OnEvent: func(e Event) {
			if _, err := eventToWire(e); err != nil {
				t.Errorf("the gateway got %+v: %v", e, err)
			}
		}}}
		c.calls.init(&c.mu, 10)
		results := map[string]int{}
		connection := c.calls.connected()
		c.calls.setWindow(2)
		for i := range 4 {
			c.Push(somePush(fmt.Sprint(i), ""), func(r Result) {
				results[r.ID]++
				if _, err := resultFromWire(resultToWire(r.ID, r, new(lastExchanges))); err != nil {
					t.Errorf("%+v: %v", r, err)
				}
			})
		}
		c.mu.Lock()
		c.calls.fill(connection, &pb.GatewayFrame{}) // two are the node's
		c.mu.Unlock()
		if err := c.take(&in); err != nil && !errors.Is(err, errMalformed) {
			t.Errorf("the connection ends with %v", err)
		}
		c.disconnected(errors.New("over"), 0)
		for i := range 4 {
			if n := results[fmt.Sprint(i)]; n != 1 {
				t.Errorf("push %d has %d results", i, n)
			}
		}
		if len(results) != 4 || len(c.calls.open)+c.calls.taken+c.calls.waits+len(c.calls.due) != 0 {
			t.Errorf("results are %v, left is %+v", results, c.calls)
		}
	})
}
