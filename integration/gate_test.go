package integration

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A gate stands in front of an SMSC and lets connections pass, or closes them as they come.
type gate struct {
	address string
	open    atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

func newGate(t *testing.T, smsc string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{address: listener.Addr().String()}
	t.Cleanup(func() {
		listener.Close()
		g.cut()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(conn, smsc)
		}
	}()
	return g
}

func (g *gate) pass(conn net.Conn, smsc string) {
	defer conn.Close()
	if !g.open.Load() {
		return
	}
	behind, err := net.Dial("tcp", smsc)
	if err != nil {
		return
	}
	defer behind.Close()
	g.mu.Lock()
	g.conns = append(g.conns, conn, behind)
	g.mu.Unlock()
	go func() { _, _ = io.Copy(behind, conn); behind.Close() }()
	_, _ = io.Copy(conn, behind)
}

// cut closes what is open, and the gate.
func (g *gate) cut() {
	g.open.Store(false)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		c.Close()
	}
	g.conns = nil
}
