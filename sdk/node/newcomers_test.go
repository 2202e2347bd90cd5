package node

import (
	"errors"
	"net"
	"testing"
	"time"
)

// Connections that show no token end soon, so many of an address at once are the most, and one that shows it stays.
func TestNewcomers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused := make(chan error, 100)
	n := newNewcomers(l, 500*time.Millisecond, func(_ string, err error) { refused <- err })
	accepted := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := n.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	next := func() error {
		t.Helper()
		select {
		case err := <-refused:
			return err
		case <-time.After(10 * time.Second):
			t.Fatal("nobody is turned away")
			return nil
		}
	}
	dial()
	first := <-accepted
	admitted(first.RemoteAddr())
	for range maxNewcomers {
		dial()
		<-accepted
	}
	dial()
	if err := next(); !errors.Is(err, errTooMany) {
		t.Errorf("one more is turned away with %v", err)
	}
	for range maxNewcomers {
		if err := next(); !errors.Is(err, errSilent) {
			t.Errorf("a silent one is turned away with %v", err)
		}
	}
	dial() // there is room again
	if c := <-accepted; c.Close() != nil {
		t.Error("it can not be closed")
	}
	_ = first.SetReadDeadline(time.Now().Add(time.Millisecond))
	var late net.Error
	if _, err := first.Read(make([]byte, 1)); !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("the one with a token: %v", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.from) != 0 {
		t.Errorf("left are %v", n.from)
	}
}

// The server has that bound: the ninth silent connection is ended at once.
func TestServerBoundsNewcomers(t *testing.T) {
	s, err := NewServer(nil, ServerOptions{Name: "node", Tokens: []string{"0123456789abcdef"}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	var last net.Conn
	for range maxNewcomers + 1 {
		if last, err = net.Dial("tcp", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		defer last.Close()
	}
	_ = last.SetReadDeadline(time.Now().Add(3 * time.Second)) // before the time for tokens ends
	for err = nil; err == nil; {
		_, err = last.Read(make([]byte, 1024))
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Error("it is still there")
	}
	s.grpc.Stop()
	<-served
}
