package faults

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
	"github.com/ppgbox/ppgbox/integration/process"
)

// A screen is what one push looked like on a terminal.
type screen struct {
	to         string // number, or IP address
	link, text string
	at         time.Time
}

// A network is an SMSC that can be killed, terminals by number behind it, and terminals by IP address.
type network struct {
	smsc      string // address
	radio     handset.Radio
	terminals *handset.Terminals

	mu         sync.Mutex
	shown      []screen
	unreadable []string

	running sync.WaitGroup
	kill    func() // ends the SMSC; nil while none runs
}

// ipTerminals are the addresses of the terminals that are online.
const ipTerminals = 16

func ipTerminal(n int) string { return fmt.Sprintf("127.77.0.%d", 1+n%ipTerminals) }

func newNetwork(t *testing.T, radio handset.Radio) (n *network, udpPort int) {
	t.Helper()
	n = &network{smsc: process.FreeAddress(t), radio: radio}
	n.terminals = handset.NewTerminals(n.report)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		n.killSMSC()
		cancel()
		n.running.Wait()
	})
	for i := range ipTerminals {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ipTerminal(i)), Port: udpPort})
		if err != nil {
			t.Fatal(err)
		}
		udpPort = conn.LocalAddr().(*net.UDPAddr).Port // that of the first
		_ = conn.SetReadBuffer(1 << 20)
		n.running.Go(func() { _ = n.terminals.ServeUDP(ctx, conn) })
	}
	return n, udpPort
}

func (n *network) report(e handset.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e.What {
	case handset.Shown:
		to := e.To
		if host, _, err := net.SplitHostPort(to); err == nil {
			to = host
		}
		n.shown = append(n.shown, screen{to: to, link: e.Content.Link, text: e.Content.Text, at: e.Time})
	case handset.Unreadable, handset.Refused:
		n.unreadable = append(n.unreadable, e.String())
	}
}

// screens is what the terminals showed so far, and what they or the SMSC could not read.
func (n *network) screens() (shown []screen, unreadable []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]screen(nil), n.shown...), append([]string(nil), n.unreadable...)
}

// startSMSC starts the SMSC at its address, with nothing of an earlier one.
func (n *network) startSMSC(t *testing.T) {
	t.Helper()
	var listener net.Listener
	process.Eventually(t, patience, "the SMSC's address is free", func() (free bool) {
		var err error
		listener, err = net.Listen("tcp", n.smsc)
		return err == nil
	})
	l := &mortalListener{Listener: listener}
	ctx, cancel := context.WithCancel(context.Background())
	smsc := &handset.SMSC{Radio: n.radio, Terminals: n.terminals}
	done := make(chan struct{})
	n.running.Go(func() {
		defer close(done)
		_ = smsc.Serve(ctx, l)
	})
	n.kill = func() {
		l.kill()
		cancel()
		<-done
	}
}

// killSMSC ends the SMSC as kill -9 does: its connections are reset, what it had is gone, nothing is unbound.
func (n *network) killSMSC() {
	if n.kill != nil {
		n.kill()
		n.kill = nil
	}
}

// A mortalListener can be ended with all its connections at once.
type mortalListener struct {
	net.Listener
	mu    sync.Mutex
	dead  bool
	conns []*net.TCPConn
}

// Accept implements net.Listener.
func (l *mortalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tcp := c.(*net.TCPConn)
	_ = tcp.SetLinger(0)
	if l.dead {
		_ = tcp.Close()
		return nil, net.ErrClosed
	}
	l.conns = append(l.conns, tcp)
	return c, nil
}

func (l *mortalListener) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	_ = l.Listener.Close()
	for _, c := range l.conns {
		_ = c.Close()
	}
}
