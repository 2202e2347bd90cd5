package node

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// service is what gRPC calls.
type service struct {
	pb.UnimplementedPushNodeServer
	server *Server
}

// A gateway is one stream at the server.
type gateway struct {
	server  *Server
	prefix  string // of its pushes' ids, at the node
	address string
	since   time.Time
	out     *frames

	mu     sync.Mutex
	name   string
	met    bool // its hello came
	open   map[string]struct{}
	pushes uint64
	ended  bool
}

// Connect serves one gateway.
func (c service) Connect(stream grpc.BidiStreamingServer[pb.GatewayFrame, pb.NodeFrame]) error {
	s := c.server
	from := "somewhere"
	if p, ok := peer.FromContext(stream.Context()); ok {
		from = p.Addr.String()
	}
	if err := s.admit(stream.Context()); err != nil {
		s.refuse(from, err)
		return err
	}
	if p, ok := peer.FromContext(stream.Context()); ok {
		admitted(p.Addr)
	}
	g, err := s.join(from)
	if err != nil {
		s.refuse(from, err)
		return err
	}
	defer g.leave()
	written, read := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(written)
		g.out.run(stream.Send)
	}()
	go func() { read <- g.read(stream) }()
	late := time.NewTimer(s.meeting)
	defer late.Stop()
	for {
		select {
		case err = <-read:
			g.out.kill()
			if err != nil {
				s.log.Warn("a gateway's stream is ended", "gateway", g.status().Name, "address", from, "error", status.Convert(err).Message())
			} else {
				s.log.Info("a gateway is gone", "gateway", g.status().Name, "address", from)
			}
			return err
		case <-written: // the server is being stopped, or the connection is gone
			return nil
		case <-late.C:
			if !g.hasMet() {
				return status.Error(codes.DeadlineExceeded, "no hello came")
			}
		}
	}
}

// join gives a stream its place.
func (s *Server) join(from string) (*gateway, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping.Load():
		return nil, status.Error(codes.Unavailable, "the node is being stopped")
	case len(s.gateways) >= s.options.Gateways:
		return nil, status.Errorf(codes.ResourceExhausted, "%d gateways are connected already", len(s.gateways))
	}
	s.last++
	g := &gateway{
		server: s, prefix: strconv.FormatUint(s.last, 10) + "/", address: from, since: time.Now(),
		out: newFrames(), open: make(map[string]struct{}),
	}
	s.gateways[s.last] = g
	return g, nil
}

// leave gives up what is open.
func (g *gateway) leave() {
	s := g.server
	g.mu.Lock()
	g.ended = true
	open := g.open
	g.open = nil
	g.mu.Unlock()
	g.out.kill()
	for id := range open {
		s.node.Cancel(g.prefix + id)
	}
	s.answered(len(open))
	s.mu.Lock()
	for number, other := range s.gateways {
		if other == g {
			delete(s.gateways, number)
		}
	}
	s.mu.Unlock()
}

func (g *gateway) hasMet() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.met
}

func (g *gateway) hasEnded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ended
}

func (g *gateway) status() Gateway {
	lost := g.out.lost()
	g.mu.Lock()
	defer g.mu.Unlock()
	return Gateway{Name: g.name, Address: g.address, Since: g.since, Open: len(g.open), Pushes: g.pushes, EventsLost: lost}
}

// read takes frames until the stream ends, and says why it did; nil is in order.
func (g *gateway) read(stream grpc.BidiStreamingServer[pb.GatewayFrame, pb.NodeFrame]) error {
	for {
		in, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF), status.Code(err) == codes.Canceled:
			return nil
		case err != nil:
			return err
		}
		if err := g.take(in); err != nil {
			return err
		}
	}
}

// take does what a frame says. An error ends the stream.
func (g *gateway) take(in *pb.GatewayFrame) error {
	if err := g.meet(in.GetHello()); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if b, ok := g.server.node.(Batcher); ok && len(in.GetPushes()) > 0 {
		defer b.Flush()
	}
	for _, w := range in.GetPushes() {
		p, err := pushFromWire(w)
		if err != nil {
			return status.Errorf(codes.InvalidArgument, "push %q: %v", clip(w.GetId(), maxID), err)
		}
		if err := g.push(p); err != nil {
			return err
		}
	}
	for _, c := range in.GetCancels() {
		if g.isOpen(c.GetId()) {
			g.server.node.Cancel(g.prefix + c.GetId())
		}
	}
	return nil
}

// meet takes the hello, which is in the first frame and no other.
func (g *gateway) meet(h *pb.GatewayHello) error {
	s := g.server
	g.mu.Lock()
	met := g.met
	g.mu.Unlock()
	switch {
	case met && h != nil:
		return malformed("a second hello")
	case met:
		return nil
	case h == nil:
		return malformed("the first frame has no hello")
	}
	if err := helloFromGateway(h); err != nil {
		return err
	}
	g.mu.Lock()
	g.met, g.name = true, clip(h.GetGateway(), maxName)
	g.mu.Unlock()
	s.mu.Lock()
	g.out.hello(s.hello(), s.windowToWire())
	s.mu.Unlock()
	s.log.Info("a gateway is connected", "gateway", h.GetGateway(), "address", g.address)
	return nil
}

// push gives one to the node.
func (g *gateway) push(p Push) error {
	s := g.server
	g.mu.Lock()
	switch _, twice := g.open[p.ID]; {
	case g.ended || twice: // what is open already is the same push
		g.mu.Unlock()
		return nil
	case len(g.open)+g.out.results() >= s.options.Window:
		g.mu.Unlock()
		return status.Errorf(codes.ResourceExhausted, "more than %d pushes are open", s.options.Window)
	}
	s.open.Add(1)
	g.open[p.ID] = struct{}{}
	g.pushes++
	g.mu.Unlock()
	id := p.ID
	switch {
	case s.stopping.Load():
		g.done(id, Result{Cause: NodeStopping, Text: "the node is being stopped"})
	case p.Within <= 0:
		g.done(id, Result{Cause: Expired, Text: "its time was over before it came to the node"})
	default:
		p.ID = g.prefix + id
		s.node.Push(p, func(r Result) { g.done(id, r) })
		if g.hasEnded() { // and did not know of this one when it cancelled the others
			s.node.Cancel(p.ID)
		}
	}
	return nil
}

func (g *gateway) isOpen(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.open[id]
	return ok
}

// done writes the result of a push. A second one of the same push is dropped.
func (g *gateway) done(id string, r Result) {
	w := resultToWire(id, r, &g.server.exchanges)
	g.mu.Lock()
	_, ok := g.open[id]
	delete(g.open, id)
	if ok {
		g.out.result(w) // under the lock, so that it is open or in the frames
	}
	g.mu.Unlock()
	if ok {
		g.server.answered(1)
	}
}

// refusals are the log of streams that were turned away: a line a minute at most.
type refusals struct {
	said  time.Time
	since int
}

func (s *Server) refuse(from string, err error) {
	s.mu.Lock()
	s.refused.since++
	n, now := s.refused.since, time.Now()
	say := now.Sub(s.refused.said) >= time.Minute
	if say {
		s.refused = refusals{said: now}
	}
	s.mu.Unlock()
	if say {
		s.log.Warn("a gateway was turned away", "address", from, "error", status.Convert(err).Message(), "times", fmt.Sprint(n))
	}
}
