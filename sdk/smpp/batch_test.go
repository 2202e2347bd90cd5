package smpp

import (
	"context"
	"net"
	"testing"
	"time"
)

// countingListener counts the writes on the one connection that it accepts.
type countingListener struct {
	net.Listener
	conn chan *countingConn
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &countingConn{Conn: conn}
	l.conn <- c
	return c, nil
}

// What came by one read and is answered at once is answered by one write, however soon the writer could have begun.
func TestAnswersToOneReadAreOneWrite(t *testing.T) {
	const requests = maxBatch / 2
	l := countingListener{listen(t), make(chan *countingConn, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answered := 0
	cfg := ServerConfig{Authenticate: anybody, Config: Config{Receive: func(r *Request) {
		if err := r.Answer(StatusOK, nil); err != nil {
			t.Error(err)
		}
		if answered++; answered == 1 {
			time.Sleep(20 * time.Millisecond) // in which a writer that was told would write
		}
	}}}
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, cfg, func(s *Session) { <-s.Done() }, nil) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := newPeer(t, conn)
	p.write(StatusOK, 1, &Bind{Mode: Transceiver, InterfaceVersion: Version34})
	p.expect(CommandBindTransceiverResp, StatusOK)
	var all []byte
	for i := range uint32(requests) {
		all, _ = Append(all, StatusOK, 2+i, submit("46"))
	}
	p.raw(all)
	for range requests {
		p.expect(CommandSubmitSMResp, StatusOK)
	}
	conn.Close()
	cancel()
	wait(t, served)
	if n := wait(t, l.conn).writes - 1; n != 1 { // the first one answered the bind
		t.Errorf("%d answers took %d writes", requests, n)
	}
}

// slowConn takes a write when the test lets it, and tells how long it was.
type slowConn struct {
	net.Conn
	goOn  chan struct{}
	wrote chan int
}

func (c *slowConn) Write(b []byte) (int, error) {
	<-c.goOn
	c.wrote <- len(b)
	return len(b), nil
}

// What a reader causes while a writer writes is written together, too, and not the first of it alone as soon as the writer can.
func TestWriterWaitsForItsBatch(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	conn := &slowConn{Conn: near, goOn: make(chan struct{}), wrote: make(chan int)}
	var b Batch
	cfg := Config{Batch: &b}.withDefaults()
	s := newSession(conn, newFrameReader(conn, cfg.MaxPDU), true, Bind{Mode: Transceiver}, BindResp{}, cfg)
	s.run()
	defer func() {
		s.Close()
		<-s.Done()
	}()
	send := func() {
		t.Helper()
		if err := s.TrySend(submit("46"), 0, func(Result) {}); err != nil {
			t.Fatal(err)
		}
	}
	send()
	conn.goOn <- struct{}{} // the writer writes it
	select {
	case <-s.wake: // which it may have found before it was told
	default:
	}
	b.begin()
	send()
	one := wait(t, conn.wrote)
	select {
	case conn.goOn <- struct{}{}:
		t.Error("a part of the batch is written")
		<-conn.wrote
	case <-time.After(20 * time.Millisecond): // in which a writer that waits for nothing would write
	}
	send()
	b.end()
	conn.goOn <- struct{}{}
	if n := wait(t, conn.wrote); n != 2*one {
		t.Errorf("%d octets are written, want %d", n, 2*one)
	}
}

// A session of a batch is told to write when another one's reader is through, and by nobody else's.
func TestBatchWakesItsSessions(t *testing.T) {
	var b Batch
	s := &Session{wake: make(chan struct{}, 1)}
	woken := func() bool {
		select {
		case <-s.wake:
			return true
		default:
			return false
		}
	}
	b.wake(s)
	if !woken() {
		t.Error("not woken where nobody reads")
	}
	b.begin()
	b.begin()
	b.wake(s)
	if woken() {
		t.Error("woken while a reader hands out")
	}
	b.end()
	if !woken() {
		t.Error("not woken when a reader is through")
	}
	b.wake(s)
	b.flush()
	if !woken() {
		t.Error("not woken by a reader that goes on")
	}
	b.end()
	if woken() {
		t.Error("woken again")
	}
	b.wake(s)
	if !woken() {
		t.Error("not woken when nobody reads any more")
	}
}

// A reader that waits for room lets what it caused be written before: otherwise nobody would ever make room.
func TestReaderEndsItsBatchBeforeItWaits(t *testing.T) {
	var b Batch
	s := &Session{cfg: Config{Batch: &b}, wake: make(chan struct{}, 1), answers: maxAnswers}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	defer s.cancel(nil)
	s.batchUp()
	b.wake(s)
	waited := make(chan struct{})
	go func() {
		s.waitForRoom()
		close(waited)
	}()
	wait(t, s.wake)
	s.takeQueue(nil)
	wait(t, waited)
	if n := b.readers.Load(); n != 0 {
		t.Errorf("%d readers are in the batch", n)
	}
}
