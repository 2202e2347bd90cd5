package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/loglimit"
)

// connections accepts as many connections as there are places, and a bounded number beyond them, so that whoever is too many is told
// (503, Retry-After, hang up) and does not wait for nothing. What comes while even those are taken waits in the kernel's backlog.
type connections struct {
	*net.TCPListener
	patient       bool          // nobody gives up what a client asked for because it hangs up
	places, spare chan struct{} // one element for each that is taken
	closed        chan struct{}
	closing       atomic.Bool
}

// spareConnections is how many connections beyond the limit are being told so at once.
const spareConnections = 64

func limitConnections(l net.Listener, most, spare int) *connections {
	return &connections{
		TCPListener: l.(*net.TCPListener), places: make(chan struct{}, most), spare: make(chan struct{}, spare), closed: make(chan struct{}),
	}
}

// Accept implements net.Listener.
func (l *connections) Accept() (net.Conn, error) {
	c := &connection{of: l}
	select {
	case l.places <- struct{}{}:
		c.state.Store(inPlace)
	default:
		select {
		case l.places <- struct{}{}:
			c.state.Store(inPlace)
		case l.spare <- struct{}{}:
			c.state.Store(inSpare)
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	var err error
	if c.TCPConn, err = l.AcceptTCP(); err != nil {
		c.leave()
		return nil, err
	}
	return c, nil
}

// Close implements net.Listener.
func (l *connections) Close() error {
	if !l.closing.Swap(true) {
		close(l.closed)
	}
	return l.TCPListener.Close()
}

// A connection is one that was accepted. It holds a place, its own or a spare one, until it is closed.
type connection struct {
	*net.TCPConn
	of      *connections
	state   atomic.Int32
	watched bool // the last Read was the one that watches for the end of the connection
}

const (
	gone int32 = iota
	inPlace
	inSpare
)

// Read implements net.Conn.
//
// While a request is handled net/http reads one octet in another goroutine, to cancel the request's context when the client hangs up.
// A push is not taken back by that, and putting that goroutine to sleep and ending it costs a fifth of what net/http costs
// for a push at a low rate. So the first Read of one octet returns at once with nothing, which net/http takes for "nothing yet".
// A Read of one octet that is meant otherwise, in a buffer with no more room, is repeated by package bufio. Over TLS, which reads
// records, there is no such Read; nobody looks at the request's context there either.
func (c *connection) Read(b []byte) (int, error) {
	if c.watched = c.of.patient && len(b) == 1 && !c.watched; c.watched {
		return 0, nil
	}
	return c.TCPConn.Read(b)
}

// Close implements net.Conn.
func (c *connection) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}

func (c *connection) leave() {
	switch c.state.Swap(gone) {
	case inPlace:
		<-c.of.places
	case inSpare:
		<-c.of.spare
	}
}

// placed reports whether the connection is one of those that are served. A spare one gets a place that became free since it was accepted.
func (c *connection) placed() bool {
	if c.state.Load() != inSpare {
		return true
	}
	select {
	case c.of.places <- struct{}{}:
	default:
		return false
	}
	if c.state.CompareAndSwap(inSpare, inPlace) {
		<-c.of.spare
	} else {
		<-c.of.places // closed meanwhile
	}
	return true
}

type connectionKey struct{}

// withConnection is http.Server.ConnContext.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, c)
}

// refuseExcess answers on a connection beyond the limit that there are too many, before anything of the request is looked at.
func refuseExcess(h http.Handler, log hclog.Logger) http.Handler {
	refusals := loglimit.New()
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if c, ok := req.Context().Value(connectionKey{}).(*connection); !ok || c.placed() {
			h.ServeHTTP(w, req)
			return
		}
		const reason = "too many connections"
		if fields, ok := refusals.Allow("source", req.RemoteAddr, "status", http.StatusServiceUnavailable, "reason", reason); ok {
			log.Info("refused", fields...)
		}
		w.Header().Set("Connection", "close")
		w.Header().Set("Retry-After", "5")
		http.Error(w, reason, http.StatusServiceUnavailable)
	})
}
