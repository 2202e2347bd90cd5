package registration

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// How a connection is served.
const (
	headerTime   = 10 * time.Second // for the header of a request to come
	answerTime   = 30 * time.Second // for a request, from its header to the end of the answer; a login may wait for its turn
	idleTime     = 30 * time.Second
	longestHead  = 8 << 10
	shutdownTime = 5 * time.Second // for requests that run when the listener closes
)

// Serve answers requests at a TCP listener until ctx ends, with TLS if there is a configuration of it, and closes the listener. It
// returns nil when ctx has ended and the requests that ran have had their time.
func (h *Handler) Serve(ctx context.Context, l net.Listener, secure *tls.Config) error {
	l = &boundedListener{Listener: l, h: h, sources: make(map[netip.Addr]int)}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, WriteTimeout: answerTime, IdleTimeout: idleTime, MaxHeaderBytes: longestHead,
		ErrorLog: h.Log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		_ = s.Close()
		return fmt.Errorf("registration: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(h.patience, shutdownTime)
	defer cancel()
	if s.Shutdown(last) != nil {
		_ = s.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("registration: %w", err)
	}
	return nil
}

// Hurry cuts off the requests that still run when Serve's ctx has ended, for which it would wait.
func (h *Handler) Hurry() { h.hurry() }

// A boundedListener closes the connections that are too many, in all or from one address.
type boundedListener struct {
	net.Listener
	h *Handler

	mu      sync.Mutex
	open    int
	sources map[netip.Addr]int // how many from each
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var source netip.Addr
		if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
			source = placeOf(a.AddrPort().Addr().Unmap().WithZone("")).address
		}
		if l.enter(source) {
			return &boundedConn{Conn: c, leave: sync.OnceFunc(func() { l.left(source) })}, nil
		}
		_ = c.Close()
		var fields []any
		if !l.h.Discreet {
			fields = append(fields, "source", source)
		}
		if fields, ok := l.h.refusals.Allow(fields...); ok {
			l.h.Log.Info("too many connections of push clients: one was closed", fields...)
		}
	}
}

func (l *boundedListener) enter(source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= l.h.Connections || l.sources[source] >= l.h.ConnectionsPerSource && !l.h.ofRelay(source) {
		return false
	}
	l.open++
	l.sources[source]++
	return true
}

func (l *boundedListener) left(source netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.sources[source]--; l.sources[source] == 0 {
		delete(l.sources, source)
	}
}

// ofRelay tells whether a relay speaks from an address.
func (h *Handler) ofRelay(source netip.Addr) bool {
	return slices.ContainsFunc(h.Relays, func(r Relay) bool { return r.speaksFrom(source) })
}

// A boundedConn is counted until it is closed.
type boundedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
