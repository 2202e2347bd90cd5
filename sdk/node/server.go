package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// ServerOptions are how a node serves gateways. The zero value of a field that has a default is that.
type ServerOptions struct {
	// Name is the node's, for the logs of gateways.
	Name string
	// APNs are the access points that the node serves, for operators of gateways.
	APNs []string
	// Tokens are the secrets of which a gateway has to show one, of 16 to 4096 printable ASCII characters; there is at least one.
	// Several let an operator change them at one side after the other.
	Tokens []string
	// TLS is the node's certificate and, with ClientAuth, what is asked of the gateways'. Nil is no TLS, which Serve takes for
	// loopback addresses only unless Plaintext is set: the token would be for everybody to read.
	TLS       *tls.Config
	Plaintext bool
	// Window is how many pushes of one gateway may be open at once, 10000 by default, MaxWindow at most.
	Window int
	// Gateways is how many may be connected at once, 16 by default.
	Gateways int
	// Log gets what goes wrong with gateways; nil is nowhere.
	Log hclog.Logger
}

const (
	defaultWindow   = 10_000
	defaultGateways = 16
	// maxEvents is how many events may wait for a gateway to read them; more are thrown away.
	maxEvents = 65_536
)

// Server serves a node to gateways. NewServer makes one.
type Server struct {
	node    Node
	options ServerOptions
	log     hclog.Logger
	keys    [][]byte // of the tokens
	start   uint64
	meeting time.Duration // in which a gateway's hello has to come
	grpc    *grpc.Server

	exchanges lastExchanges

	open     atomic.Int64 // pushes of all gateways
	stopping atomic.Bool
	idle     chan struct{} // closed when the last push is answered, while stopping
	settle   sync.Once

	mu       sync.Mutex
	gateways map[uint64]*gateway
	last     uint64 // number of a gateway
	window   int
	why      string
	refused  refusals
}

// Gateway is one that is connected.
type Gateway struct {
	Name    string
	Address string // host and port
	Since   time.Time
	Open    int    // pushes without a result
	Pushes  uint64 // that it gave, all told
	// EventsLost were thrown away because the gateway did not read them.
	EventsLost uint64
}

// NewServer makes a server for a node. It opens nothing.
func NewServer(n Node, o ServerOptions) (*Server, error) {
	if o.Window == 0 {
		o.Window = defaultWindow
	}
	if o.Gateways == 0 {
		o.Gateways = defaultGateways
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	s := &Server{node: n, options: o, log: o.Log, start: rand.Uint64(), meeting: helloTimeout, window: o.Window}
	s.gateways, s.idle = make(map[uint64]*gateway), make(chan struct{})
	switch err := helloFromNode(s.hello()); {
	case err != nil:
		return nil, fmt.Errorf("push node: %w", err)
	case len(o.Tokens) == 0:
		return nil, errors.New("push node: no token is given")
	case o.Window < 0 || o.Window > MaxWindow:
		return nil, fmt.Errorf("push node: the window is 1 to %d, not %d", MaxWindow, o.Window)
	case o.Gateways < 0:
		return nil, fmt.Errorf("push node: %d gateways", o.Gateways)
	}
	for _, token := range o.Tokens {
		if err := CheckToken(token); err != nil {
			return nil, fmt.Errorf("push node: %w", err)
		}
		s.keys = append(s.keys, keyOf(token))
	}
	s.grpc = s.newGRPC()
	pb.RegisterPushNodeServer(s.grpc, service{server: s})
	return s, nil
}

func (s *Server) newGRPC() *grpc.Server {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(codec{}),
		grpc.MaxRecvMsgSize(maxFrame),
		grpc.MaxConcurrentStreams(1),
		grpc.ConnectionTimeout(helloTimeout),
		grpc.MaxHeaderListSize(16 << 10),
		// Where they are fixed gRPC does not probe the bandwidth, which costs a PING for nearly every frame.
		grpc.InitialWindowSize(maxFrame),
		grpc.InitialConnWindowSize(maxReadAhead),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 30 * time.Second, Time: keepaliveTime, Timeout: keepaliveGrace}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveTime / 2, PermitWithoutStream: true}),
	}
	if s.options.TLS != nil {
		c := s.options.TLS.Clone()
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
		options = append(options, grpc.Creds(credentials.NewTLS(c)))
	}
	return grpc.NewServer(options...)
}

// Serve takes gateways at a listener until Stop, and closes it. It may be called for several listeners.
func (s *Server) Serve(l net.Listener) error {
	if s.options.TLS == nil && !s.options.Plaintext && !isLocal(l.Addr()) {
		l.Close()
		return fmt.Errorf("push node: %s is no loopback address: gateways would show their token without TLS", l.Addr())
	}
	// Those that have not shown a token yet count, too.
	l = newNewcomers(l, tokenTimeout, s.refuse)
	err := s.grpc.Serve(netutil.LimitListener(l, s.options.Gateways+spareConnections))
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("push node: %w", err)
	}
	return nil
}

// isLocal reports whether an address can only be reached from this machine.
func isLocal(a net.Addr) bool {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return a.Network() == "bufconn" // in memory (google.golang.org/grpc/test/bufconn)
}

// Event tells every gateway that is connected. It does not block. An event that has no form for the wire is logged and dropped.
func (s *Server) Event(e Event) {
	w, err := eventToWire(e)
	if err != nil {
		s.log.Error("event dropped", "kind", e.Kind, "error", err)
		return
	}
	for _, g := range s.connected() {
		g.out.event(w)
	}
}

// Window says how many pushes each gateway may have open from now on, ServerOptions.Window at most, and tells operators why it is not
// more: "" when all is well.
func (s *Server) Window(n int, why string) {
	s.mu.Lock()
	s.window, s.why = max(0, min(n, s.options.Window)), clip(why, maxText)
	w := s.windowToWire()
	for _, g := range s.gateways {
		g.out.window(w) // under the lock, so that the last one said is the last one there
	}
	s.mu.Unlock()
}

func (s *Server) windowToWire() *pb.Window {
	if s.stopping.Load() {
		return &pb.Window{Reason: "the node is being stopped"}
	}
	return &pb.Window{Size: uint32(s.window), Reason: s.why}
}

func (s *Server) hello() *pb.NodeHello {
	return &pb.NodeHello{Version: version, Node: s.options.Name, Apns: s.options.APNs, Start: s.start}
}

// Gateways returns those that are connected, by name.
func (s *Server) Gateways() []Gateway {
	var list []Gateway
	for _, g := range s.connected() {
		list = append(list, g.status())
	}
	slices.SortFunc(list, func(a, b Gateway) int {
		return strings.Compare(a.Name+"\x00"+a.Address, b.Name+"\x00"+b.Address)
	})
	return list
}

func (s *Server) connected() []*gateway {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*gateway, 0, len(s.gateways))
	for _, g := range s.gateways {
		list = append(list, g)
	}
	return list
}

// Stop takes no pushes any more and tells the gateways so, waits until the node has answered all that are open and the gateways were
// told, or until the context ends, and ends everything. What has no result then is given up (Node.Cancel), and its gateway does not
// know what became of it.
func (s *Server) Stop(ctx context.Context) {
	s.stopping.Store(true)
	s.answered(0)
	s.Window(0, "")
	select {
	case <-s.idle:
	case <-ctx.Done():
	}
	for _, g := range s.connected() {
		g.out.close()
	}
	stopped := make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(stopped) }()
	select {
	case <-stopped:
	case <-ctx.Done():
		s.grpc.Stop()
		<-stopped
	}
}

// answered counts pushes that are open no more.
func (s *Server) answered(n int) {
	if s.open.Add(int64(-n)) == 0 && s.stopping.Load() {
		s.settle.Do(func() { close(s.idle) })
	}
}
