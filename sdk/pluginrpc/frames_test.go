package pluginrpc

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// frameCounter counts the HTTP/2 frames that come from a plugin, by their type.
type frameCounter struct {
	net.Conn
	mu     sync.Mutex
	header []byte // of the frame that is being read
	body   int    // octets of it that are still to come
	counts map[http2.FrameType]int
}

func (c *frameCounter) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	for b := b[:n]; len(b) > 0; {
		if c.body > 0 {
			skip := min(c.body, len(b))
			c.body, b = c.body-skip, b[skip:]
			continue
		}
		c.header, b = append(c.header, b[0]), b[1:]
		if len(c.header) == 9 { // RFC 9113 §4.1
			c.body = int(c.header[0])<<16 | int(c.header[1])<<8 | int(c.header[2])
			c.counts[http2.FrameType(c.header[3])]++
			c.header = c.header[:0]
		}
	}
	return n, err
}

// One item at a time is one frame there and one back: nothing that a pause of gRPC's between two items would add to them.
func TestAnItemIsOneFrame(t *testing.T) {
	const items = 50
	s := newEncoderService(&fakeEncoder{encode: func(_ context.Context, r push.EncodeRequest) (push.Message, error) { return r.Message, nil }})
	server := s.config().GRPCServer(nil)
	if err := (serverPlugin{service: s}).GRPCServer(nil, server); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	counter := &frameCounter{counts: map[http2.FrameType]int{}}
	conn, err := grpc.NewClient("passthrough:///plugin", append(DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (_ net.Conn, err error) {
			counter.Conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
			return counter, err
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := newClient(t.Context(), conn)
	if err := c.Configure(t.Context(), plugin.Config{}); err != nil {
		t.Fatal(err)
	}
	stream, err := c.OpenEncoder(t.Context(), newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	for range items {
		if a := next(t, "answer", encode(stream, body("x"), time.Minute)); a.err != nil {
			t.Fatal(a.err)
		}
	}
	counter.mu.Lock()
	defer counter.mu.Unlock()
	if n := counter.counts[http2.FrameData]; n < items {
		t.Errorf("%d frames for %d items: the test does not see them", n, items)
	}
	// The ones of the connection's beginning may be among them.
	if n := counter.counts[http2.FramePing] + counter.counts[http2.FrameWindowUpdate]; n > 2 {
		t.Errorf("%d PING and WINDOW_UPDATE frames beside %d items", n, items)
	}
}
