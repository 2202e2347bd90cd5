package hlr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// A GTPConfig says which GSN asks the HLR, and how it is asked. A zero value means the default.
type GTPConfig struct {
	// Address is that of the GSN that converts between GTP and MAP, usually port 2123.
	Address netip.AddrPort
	// Local is where requests come from: any address of the machine and any port by default, since answers go back to where a
	// request came from (3GPP TS 29.060 §10.1.1).
	Local netip.AddrPort
	// T3Response is how long an answer is waited for before a question is sent again, N3Requests how often it is sent in all: 300 ms and
	// 3 by default, which is less than an attempt of a [Finder] may take.
	T3Response time.Duration
	N3Requests int
	// Outstanding is how many questions may wait for their answers, 256 by default.
	Outstanding int
	// Echo is how often the GSN is asked for a sign of life while there is a socket, never by default (3GPP TS 29.060 §7.2.1: not
	// more often than every 60 s).
	Echo time.Duration
	// Extension is the identifier of the private extension with the access point, [gtp.APNExtensionID] by default.
	Extension uint16
	// Notice is told in words when the GSN falls silent, answers again, or restarted. It must not block.
	Notice func(text string)
}

// A GTP asks an HLR with Send Routeing Information for GPRS (3GPP TS 29.060 §7.4.1), through a GSN that speaks MAP with it. It needs an
// IMSI. With an access point in the question it sends a [gtp.APNExtension], and a responder that knows it names the GGSN, too.
//
// The socket is opened by the first question, and again if it fails. All methods may be called at the same time.
type GTP struct {
	config                        GTPConfig
	unasked, malformed, strangers atomic.Uint64
	running                       sync.WaitGroup

	mu     sync.Mutex
	path   *gtp.Path // nil while there is no socket
	closed bool
}

// NewGTP makes a backend.
func NewGTP(config GTPConfig) (*GTP, error) {
	switch {
	case !config.Address.IsValid() || config.Address.Addr().IsUnspecified() || config.Address.Port() == 0:
		return nil, fmt.Errorf("address of the GSN: %v is none", config.Address)
	case config.Local.IsValid() && config.Local.Addr().Is4() != config.Address.Addr().Is4():
		return nil, fmt.Errorf("local address %v can not reach %v", config.Local, config.Address)
	}
	if config.T3Response <= 0 {
		config.T3Response = 300 * time.Millisecond
	}
	if config.N3Requests <= 0 {
		config.N3Requests = 3
	}
	if config.Outstanding <= 0 {
		config.Outstanding = 256
	}
	if config.Extension == 0 {
		config.Extension = gtp.APNExtensionID
	}
	if config.Notice == nil {
		config.Notice = func(string) {}
	}
	return &GTP{config: config}, nil
}

// Name is "gtp".
func (g *GTP) Name() string { return "gtp" }

// Drops returns the counts until now.
func (g *GTP) Drops() Drops {
	return Drops{Unasked: g.unasked.Load(), Malformed: g.malformed.Load(), Strangers: g.strangers.Load()}
}

// Close closes the socket and ends the questions that wait.
func (g *GTP) Close() {
	g.mu.Lock()
	g.closed = true
	path := g.path
	g.mu.Unlock()
	if path != nil {
		_ = path.Close()
	}
	g.running.Wait()
}

// Query asks by IMSI.
func (g *GTP) Query(ctx context.Context, q Question) (Location, error) {
	if q.IMSI == "" {
		return Location{}, &Error{Backend: g.Name(), Kind: ErrQuestion, Err: errors.New("GTP asks by IMSI")}
	}
	request := &gtp.SendRouteingInfoRequest{IMSI: q.IMSI}
	if q.APN != "" {
		extension, err := gtp.APNExtension{APN: gtp.APN(q.APN)}.Private(g.config.Extension)
		if err != nil {
			return Location{}, &Error{Backend: g.Name(), Kind: ErrQuestion, Err: err}
		}
		request.Private = []gtp.PrivateExtension{extension}
	}
	path, err := g.open()
	if err != nil {
		return Location{}, &Error{Backend: g.Name(), Kind: ErrDown, Again: true, Err: err}
	}
	packet, err := path.Do(ctx, g.config.Address, 0, request)
	if err != nil {
		return Location{}, g.failure(ctx, err)
	}
	return g.located(q, packet)
}

// open returns the path, with a new socket if there is none.
func (g *GTP) open() (*gtp.Path, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, errors.New("the backend is closed")
	}
	if g.path != nil {
		return g.path, nil
	}
	network := "udp4"
	if g.config.Address.Addr().Is6() {
		network = "udp6"
	}
	var local *net.UDPAddr
	if g.config.Local.IsValid() {
		local = net.UDPAddrFromAddrPort(g.config.Local)
	}
	socket, err := net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	g.path = gtp.NewPath(socket, gtp.Config{
		T3Response: g.config.T3Response, N3Requests: g.config.N3Requests, MaxOutstanding: g.config.Outstanding,
		// Nothing of ours outlives this process, so that the counter need not count (3GPP TS 29.060 §7.2.2): it has to be another one.
		RestartCounter: uint8(time.Now().Unix()),
		Allow:          func(from netip.Addr) bool { return from == g.config.Address.Addr() },
		Restarted: func(_ netip.Addr, before, now uint8, _ gtp.Message) {
			g.config.Notice(fmt.Sprintf("the GSN restarted: its counter went from %d to %d", before, now))
		},
		Dropped: g.dropped,
	})
	g.running.Add(1)
	go g.serve(g.path)
	return g.path, nil
}

// serve reads from a path until it is closed or its socket fails.
func (g *GTP) serve(path *gtp.Path) {
	defer g.running.Done()
	ctx, cancel := context.WithCancel(context.Background())
	var echoes sync.WaitGroup
	if g.config.Echo > 0 {
		echoes.Go(func() { g.echo(ctx, path) })
	}
	err := path.Serve()
	cancel()
	_ = path.Close() // questions that wait end with ErrClosed
	echoes.Wait()
	g.mu.Lock()
	g.path = nil
	g.mu.Unlock()
	if err != nil {
		g.config.Notice("the socket failed: " + err.Error())
	}
}

// echo asks for a sign of life until the context ends.
func (g *GTP) echo(ctx context.Context, path *gtp.Path) {
	tick := time.NewTicker(g.config.Echo)
	defer tick.Stop()
	silent := false
	for {
		_, err := path.Do(ctx, g.config.Address, 0, new(gtp.EchoRequest))
		switch {
		case ctx.Err() != nil || errors.Is(err, gtp.ErrClosed):
			return
		case err != nil && !silent:
			silent = true
			g.config.Notice("the GSN does not answer Echo: " + err.Error())
		case err == nil && silent:
			silent = false
			g.config.Notice("the GSN answers Echo again")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// dropped counts.
func (g *GTP) dropped(_ netip.AddrPort, err error) {
	switch {
	case errors.Is(err, gtp.ErrNotAllowed):
		g.strangers.Add(1)
	case errors.Is(err, gtp.ErrUnexpected), errors.Is(err, gtp.ErrFlood):
		g.unasked.Add(1)
	default:
		g.malformed.Add(1)
	}
}

func (g *GTP) failure(ctx context.Context, err error) error {
	failure := &Error{Backend: g.Name(), Kind: ErrQuestion, Err: err}
	var garbage *gtp.ParseError
	switch {
	case errors.As(err, &garbage):
		failure.Kind = ErrGarbage
	case errors.Is(err, gtp.ErrNoResponse): // it was sent N3-REQUESTS times already
		failure.Kind = ErrTimeout
	case errors.Is(err, gtp.ErrPeerVersion):
		failure.Kind, failure.Code = ErrRefused, "Version Not Supported"
	case errors.Is(err, gtp.ErrBusy), errors.Is(err, gtp.ErrClosed):
		failure.Kind, failure.Again = ErrDown, true
	case ctx.Err() != nil:
		return stopped(ctx, g.Name())
	}
	return failure
}
