package ggsn

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/ggsn/accounting"
	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/host/ggsn/address"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/relay"
	"github.com/ppgbox/ppgbox/host/ggsn/tun"
	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// GGSN is the process.
type GGSN struct {
	config   *Config
	log      hclog.Logger
	clock    clock.Clock
	metrics  *metrics
	refusals *loglimit.Limit // of lines about requests that were refused
	drops    *loglimit.Limit // of lines about datagrams that led to nothing

	restart                     uint8
	controlAddress, userAddress netip.Addr
	path                        *gtp.Path
	user                        *userPlane
	outbox                      *outbox
	tun                         device // nil without
	openDevice                  func(name string, address netip.Prefix, mtu int) (device, error)

	table                 *contexts.Table
	book                  *address.Book
	creates               *perPeer
	charging              uint32 // of the goroutine that handles requests
	engine                *activation.Engine
	hlr                   *register // nil without
	hlrState, radiusState peerState
	accounting            *accounting.Client

	identification atomic.Uint32 // of packets
	listening      *listening
	overContext    []push.Exchange // of every push to a context that is there; nobody changes it
	sent           sync.Map        // sentAt by the identifier of a push that waited for its context

	looked  atomic.Int64  // when the contexts were looked through last
	echoed  time.Duration // of the goroutine that does it
	beating context.CancelFunc

	server                       *node.Server // nil without
	nodeListener, adminListener  net.Listener
	relayListener                net.Listener
	relay                        *relay.Relay // nil without
	registrations                *registration.Handler
	relaying                     context.CancelFunc
	relayEnded                   chan struct{}
	admin                        *http.Server
	stopping                     atomic.Bool
	running                      sync.WaitGroup
	failed                       chan error
	controlConn, userPlaneSocket *net.UDPConn
}

// newGGSN is a GGSN that opens nothing yet.
func newGGSN(c *Config, log hclog.Logger, k clock.Clock) *GGSN {
	if log == nil {
		log = hclog.NewNullLogger()
	}
	g := &GGSN{
		config: c, log: log, clock: k, refusals: loglimit.New(), drops: loglimit.New(), failed: make(chan error, 8),
		table: contexts.New(c.contexts), creates: newPerPeer(c.createRate, c.createBurst),
		controlAddress: c.control.Addr(), userAddress: c.user.Addr(),
	}
	g.hlrState.name, g.radiusState.name = "the HLR", "the RADIUS server"
	g.book = address.New(c.statics, c.pool, c.quarantine, k.Elapsed, c.source, c.tunAddress.Addr())
	g.openDevice = func(name string, address netip.Prefix, mtu int) (device, error) { return tun.Open(name, address, mtu) }
	g.overContext = []push.Exchange{{From: g.traceName(), To: "terminal", Text: "push, over the context that is there"}}
	g.listening = newListening(k, c.listen, mostListening)
	g.metrics = newMetrics(g)
	return g
}

// mostListening bounds the pushes whose answer is held until nobody can complain any more.
const mostListening = 100_000

// Start opens everything and begins to serve.
func Start(c *Config, log hclog.Logger) (*GGSN, error) { return start(c, log, clock.System()) }

func start(c *Config, log hclog.Logger, k clock.Clock) (*GGSN, error) {
	g := newGGSN(c, log, k)
	if err := g.begin(); err != nil {
		g.close()
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	return g, nil
}

// begin opens everything, and serves if that is all there.
func (g *GGSN) begin() (err error) {
	if err := g.open(); err != nil {
		return err
	}
	// The sockets are this process's now: no other one that runs has taken the same counter.
	if g.restart, err = nextRestart(g.config.state); err != nil {
		return err
	}
	g.path = g.newPath(g.controlConn)
	if err := g.beside(); err != nil {
		return err
	}
	g.serve()
	return nil
}

func (g *GGSN) newPath(conn gtp.Conn) *gtp.Path {
	return gtp.NewPath(ggsnConn{conn, g}, gtp.Config{
		T3Response: g.config.t3, N3Requests: g.config.n3, RestartCounter: g.restart, Allow: g.allowedControl, Handler: g, Restarted: g.peerRestarted,
		Dropped: func(from netip.AddrPort, err error) { g.dropped(planeControl, from, err) }, Clock: g.clock,
	})
}

// socketBuffer is what the kernel is asked to keep of what was not read yet, in octets; it gives what net.core.rmem_max allows.
const socketBuffer = 4 << 20

// open opens sockets and devices.
func (g *GGSN) open() error {
	for _, s := range [...]struct {
		key  string
		at   netip.AddrPort
		conn **net.UDPConn
	}{
		{"gtp.control", g.config.control, &g.controlConn},
		{"gtp.user", g.config.user, &g.userPlaneSocket},
	} {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(s.at))
		if err != nil {
			return fmt.Errorf("%s: %w", s.key, err)
		}
		_ = conn.SetReadBuffer(socketBuffer)
		*s.conn = conn
	}
	g.user, g.outbox = newUserPlane(g, g.userPlaneSocket), newOutbox(g, g.userPlaneSocket)
	if g.config.tun != "" {
		d, err := g.openDevice(g.config.tun, g.config.tunAddress, g.config.mtu)
		if err != nil {
			return fmt.Errorf("tun.name: %w", err)
		}
		g.tun = d
	}
	for _, l := range [...]struct {
		key, at  string
		listener *net.Listener
	}{
		{"ggsn.admin", g.config.admin, &g.adminListener},
		{"node.listen", g.config.nodeListen, &g.nodeListener},
		{"registration.listen", g.config.registration.listen, &g.relayListener},
	} {
		if l.at == "" {
			continue
		}
		listener, err := net.Listen("tcp", l.at)
		if err != nil {
			return fmt.Errorf("%s: %w", l.key, err)
		}
		*l.listener = listener
	}
	return nil
}

// beside makes what stands beside the tunnels: the HLR, the engine, accounting, registrations, the server for gateways.
func (g *GGSN) beside() (err error) {
	if g.hlr, err = openRegister(g.config.hlr, func(text string) { g.log.Warn(text) }); err != nil {
		return fmt.Errorf("hlr: %w", err)
	}
	if g.engine, err = g.newEngine(); err != nil {
		return err
	}
	if g.config.accounting.Server != "" {
		a := g.config.accounting
		a.GGSN, a.Name, a.Lost, a.Answers = g.controlAddress, g.config.name, g.recordLost, g.accountingIs
		if g.accounting, err = accounting.New(a); err != nil {
			return fmt.Errorf("radius.server: %w", err)
		}
		g.accounting.Tell(accounting.Record{Status: accounting.On, At: g.clock.Wall()})
	}
	if err := g.openRelay(); err != nil {
		return fmt.Errorf("registration: %w", err)
	}
	if g.nodeListener == nil {
		return nil
	}
	o := g.config.node
	o.Log = g.log.Named("node")
	if g.server, err = node.NewServer(g, o); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// serve begins.
func (g *GGSN) serve() {
	g.run(g.path.Serve)
	g.run(g.user.serve)
	if g.tun != nil {
		g.run(g.serveDevice)
	}
	if g.server != nil {
		g.run(func() error { return g.server.Serve(g.nodeListener) })
	}
	if g.relay != nil {
		g.serveRelay()
	}
	if g.adminListener != nil {
		g.serveAdmin()
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.beating = cancel
	ticks := make(chan struct{}, 1)
	stop := g.tick(ticks)
	g.run(func() error { g.lookAfter(ctx, ticks, stop); return nil })
}

// run starts a part, whose error ends the process.
func (g *GGSN) run(part func() error) {
	g.running.Go(func() {
		if err := part(); err != nil {
			select {
			case g.failed <- err:
			default:
			}
		}
	})
}

// lookAfter looks through the contexts now and then. The next time is set before that, so that none is missed.
func (g *GGSN) lookAfter(ctx context.Context, ticks chan struct{}, stop func()) {
	for {
		select {
		case <-ticks:
			stop = g.tick(ticks)
			g.look()
		case <-ctx.Done():
			stop()
			return
		}
	}
}

func (g *GGSN) tick(ticks chan<- struct{}) (stop func()) {
	return g.clock.After(beat, func() {
		select {
		case ticks <- struct{}{}:
		default: // one waits already
		}
	})
}

// RestartCounter is that of this start.
func (g *GGSN) RestartCounter() uint8 { return g.restart }

// ControlAddress is where GTP-C is taken.
func (g *GGSN) ControlAddress() string { return g.controlConn.LocalAddr().String() }

// UserAddress is where GTP-U is taken.
func (g *GGSN) UserAddress() string { return g.userPlaneSocket.LocalAddr().String() }

// NodeAddress is where gateways connect to, "" for nowhere.
func (g *GGSN) NodeAddress() string { return where(g.nodeListener) }

// RegistrationAddress is where push clients register, "" for nowhere.
func (g *GGSN) RegistrationAddress() string { return where(g.relayListener) }

// AdminAddress is where health and metrics are told, "" for nowhere.
func (g *GGSN) AdminAddress() string { return where(g.adminListener) }

func where(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// Failed tells what ends the GGSN from within.
func (g *GGSN) Failed() <-chan error { return g.failed }

// Contexts is how many PDP contexts there are.
func (g *GGSN) Contexts() int { return g.table.Len() }

// Stop ends the GGSN in order: pushes that wait for a context are given back, no new context comes about, accounting tells that all
// sessions are over and registrations are released, for ctx at most. SGSNs keep the contexts and learn of their end from the next restart counter.
func (g *GGSN) Stop(ctx context.Context) {
	g.stopping.Store(true)
	if g.engine != nil {
		g.engine.Close()
	}
	g.outbox.close()
	g.listening.close()
	if g.server != nil {
		g.server.Stop(ctx)
	}
	g.stopRelay()
	if g.accounting != nil {
		g.accounting.Tell(accounting.Record{Status: accounting.Off, At: g.clock.Wall()})
		g.accounting.Close(ctx)
	}
	if g.relay != nil {
		g.relay.Close(ctx)
	}
	g.close()
}

// close closes what is open, and waits for what runs.
func (g *GGSN) close() {
	if g.beating != nil {
		g.beating()
	}
	if g.outbox != nil {
		g.outbox.close()
	}
	if g.path != nil {
		_ = g.path.Close()
	}
	if g.hlr != nil {
		g.hlr.close()
	}
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if g.accounting != nil {
		g.accounting.Close(over)
	}
	g.stopRelay()
	if g.relay != nil {
		g.relay.Close(over)
	}
	if g.tun != nil {
		_ = g.tun.Close()
	}
	for _, conn := range [...]*net.UDPConn{g.controlConn, g.userPlaneSocket} {
		if conn != nil {
			_ = conn.Close()
		}
	}
	g.stopAdmin()
	for _, l := range [...]net.Listener{g.nodeListener, g.adminListener, g.relayListener} {
		if l != nil {
			_ = l.Close()
		}
	}
	g.running.Wait()
}

// recordLost tells the operator of an accounting record that was given up. The gateway hears of the session with the next interim record.
func (g *GGSN) recordLost(why string) {
	if fields, ok := g.drops.Allow("why", why); ok {
		g.log.Warn("an accounting record is lost", fields...)
	}
}
