package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// pauses are those between two connections.
type pauses struct {
	least, most time.Duration
	last        time.Duration // without what it varied by, 0 before the first
}

// steady is how long a connection must last to count as a good one, after which the pauses begin anew.
const steady = 5 * time.Second

// next is the pause after a connection that lasted so long, 0 for one that was not made.
func (p *pauses) next(lasted time.Duration) time.Duration {
	if p.last = min(2*p.last, p.most); p.last == 0 || lasted >= steady {
		p.last = p.least
	}
	return min(time.Duration((0.75+rand.Float64()/2)*float64(p.last)), p.most)
}

// run keeps a connection until the context ends.
func (c *Client) run(ctx context.Context) {
	defer close(c.ended)
	for {
		err := c.connect(ctx)
		var lasted time.Duration
		c.mu.Lock()
		if c.link.Up {
			lasted = time.Since(c.link.Since)
		}
		c.mu.Unlock()
		pause := c.pauses.next(lasted)
		if ctx.Err() != nil {
			pause, err = 0, errors.New("the connection was closed")
		}
		c.disconnected(err, pause)
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// disconnected ends what is open.
func (c *Client) disconnected(err error, pause time.Duration) {
	c.setLink(func(l *Link) { l.Up, l.Window, l.Why = false, 0, err.Error() })
	c.mu.Lock()
	c.retry = time.Now().Add(pause)
	e := c.calls.lost("push node "+c.address+": "+err.Error(), c.untilRetry())
	c.mu.Unlock()
	e.tell()
}

// connect makes a connection and serves it until it ends, and says why it did.
func (c *Client) connect(ctx context.Context) error {
	shown, err := c.options.Credentials()
	if err == nil {
		err = CheckToken(shown.Token)
	}
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient("passthrough:///"+c.address, c.dialOptions(shown.TLS)...)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(ctx, tokenHeader, tokenScheme+shown.Token))
	defer cancel()
	late := time.AfterFunc(helloTimeout, cancel)
	stream, err := pb.NewPushNodeClient(conn).Connect(ctx)
	if err == nil {
		err = stream.Send(&pb.GatewayFrame{Hello: &pb.GatewayHello{Version: version, Gateway: c.options.Gateway}})
	}
	if err != nil && !errors.Is(err, io.EOF) { // with EOF, Recv says why
		return plainError(err)
	}
	first, err := stream.Recv()
	if err != nil {
		if !late.Stop() {
			return fmt.Errorf("no hello came in %s", helloTimeout)
		}
		return plainError(err)
	}
	late.Stop()
	return c.serve(stream, cancel, first)
}

// serve is a connection from the node's hello to its end.
func (c *Client) serve(stream grpc.BidiStreamingClient[pb.GatewayFrame, pb.NodeFrame], cancel func(), first *pb.NodeFrame) error {
	h := first.GetHello()
	if h == nil {
		return malformed("the first frame has no hello")
	}
	if err := helloFromNode(h); err != nil {
		return err
	}
	first.Hello = nil
	c.mu.Lock()
	link := c.calls.connected()
	c.link.Node, c.link.APNs = clip(h.GetNode(), maxName), h.GetApns()
	c.mu.Unlock()
	c.setLink(func(l *Link) { l.Up, l.Why = true, "the push node has not said how many pushes it takes" })
	var writer sync.WaitGroup
	writer.Go(func() {
		if c.write(link, stream) != nil {
			cancel() // the reader ends, too
		}
	})
	err := c.take(first)
	for err == nil {
		var in *pb.NodeFrame
		if in, err = stream.Recv(); err == nil {
			err = c.take(in)
		} else {
			err = plainError(err)
		}
	}
	cancel()
	c.mu.Lock()
	c.calls.broken = true
	c.calls.change.Signal()
	c.mu.Unlock()
	writer.Wait()
	return err
}

func (c *Client) write(link uint64, stream grpc.BidiStreamingClient[pb.GatewayFrame, pb.NodeFrame]) error {
	out := &pb.GatewayFrame{}
	for {
		c.mu.Lock()
		more := c.calls.fill(link, out)
		c.mu.Unlock()
		if !more {
			return nil
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

// take does what a frame says. An error ends the connection.
func (c *Client) take(in *pb.NodeFrame) error {
	if in.GetHello() != nil {
		return malformed("a second hello")
	}
	var e ending
	var err error
	strays := 0
	c.mu.Lock()
	for _, w := range in.GetResults() {
		var r Result
		if r, err = resultFromWire(w); err != nil {
			break
		}
		if !c.calls.answered(r, &e) {
			strays++
		}
	}
	c.mu.Unlock()
	e.tell()
	if strays > 0 {
		c.log.Warn("the push node has results of pushes that it was not given", "address", c.address, "results", strays)
	}
	if err == nil {
		err = c.takeWindow(in.GetWindow())
	}
	if err != nil {
		return err
	}
	if n := in.GetEventsLost(); n > 0 {
		c.log.Warn("the push node has lost events, since this gateway did not read them", "address", c.address, "since the connection", n)
	}
	return c.takeEvents(in.GetEvents())
}

func (c *Client) takeWindow(w *pb.Window) error {
	if w == nil {
		return nil
	}
	size, why, err := windowFromWire(w)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.calls.setWindow(size)
	c.mu.Unlock()
	c.setLink(func(l *Link) { l.Window, l.Why = size, why })
	return nil
}

func (c *Client) takeEvents(events []*pb.Event) error {
	for _, w := range events {
		if w.GetKind() < pb.EventKind_EVENT_CONTEXT_UP || w.GetKind() > pb.EventKind_EVENT_UNREGISTERED {
			continue // of a later version
		}
		e, err := eventFromWire(w)
		if err != nil {
			return err
		}
		if c.options.OnEvent != nil {
			c.options.OnEvent(e)
		}
	}
	return nil
}

// plainError is the error of a stream without gRPC's words around it.
func plainError(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the node ended the connection")
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	message := s.Message()
	if _, quoted, ok := strings.Cut(message, "connection error: desc = "); ok {
		if text, err := strconv.Unquote(quoted); err == nil {
			message = text
		}
	}
	for _, words := range [...]string{"transport: ", "Error while dialing: ", "authentication handshake failed: "} {
		message = strings.TrimPrefix(message, words)
	}
	return errors.New(message)
}

func (c *Client) dialOptions(t *tls.Config) []grpc.DialOption {
	shown := insecure.NewCredentials()
	if t != nil {
		t = t.Clone()
		t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
		if t.ServerName == "" {
			t.ServerName, _, _ = net.SplitHostPort(c.address)
		}
		shown = credentials.NewTLS(t)
	}
	dialer := &net.Dialer{}
	return []grpc.DialOption{
		grpc.WithTransportCredentials(shown),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(codec{}), grpc.MaxCallRecvMsgSize(maxFrame)),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err == nil && t == nil && !c.options.Plaintext && !isLocal(conn.RemoteAddr()) {
				conn.Close()
				return nil, fmt.Errorf("%s is no loopback address: the token is not shown without TLS", conn.RemoteAddr())
			}
			return conn, err
		}),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: helloTimeout}),
		// Where they are fixed gRPC does not probe the bandwidth, which costs a PING for nearly every frame.
		grpc.WithInitialWindowSize(maxFrame),
		grpc.WithInitialConnWindowSize(maxReadAhead),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveGrace, PermitWithoutStream: true}),
	}
}
