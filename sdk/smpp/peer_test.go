package smpp

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen soon.
const patience = 10 * time.Second

// peer is the other end of a link, played by the test PDU by PDU.
type peer struct {
	t      *testing.T
	conn   net.Conn
	frames *frameReader
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t: t, conn: conn, frames: newFrameReader(conn, 1<<20)}
}

func (p *peer) read() (Header, PDU) {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	frame, err := p.frames.next()
	if err != nil {
		p.t.Fatalf("peer: read: %v", err)
	}
	h, pdu, err := Decode(frame)
	if err != nil {
		p.t.Fatalf("peer: %v", err)
	}
	return h, pdu
}

// expect reads one PDU of the command and status.
func (p *peer) expect(c CommandID, status Status) (Header, PDU) {
	p.t.Helper()
	h, pdu := p.read()
	if h.Command != c || h.Status != status {
		p.t.Fatalf("peer: got %v %v, want %v %v", h.Command, h.Status, c, status)
	}
	return h, pdu
}

// expectEnd sees that the other side says nothing more, and closes.
func (p *peer) expectEnd() {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	frame, err := p.frames.next()
	var timeout net.Error
	if err == nil {
		h, _, _ := Decode(frame)
		p.t.Fatalf("peer: got %v, want the end", h.Command)
	} else if errors.As(err, &timeout) && timeout.Timeout() {
		p.t.Fatal("peer: the connection is still open")
	}
	_ = p.conn.Close()
}

func (p *peer) write(status Status, sequence uint32, pdu PDU) {
	p.t.Helper()
	if err := writePDU(p.conn, status, sequence, pdu); err != nil {
		p.t.Fatalf("peer: write: %v", err)
	}
}

func (p *peer) raw(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatalf("peer: write: %v", err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dialPeer gives an ESME session bound as transceiver and the SMSC that the test plays.
func dialPeer(t *testing.T, cfg Config) (*Session, *peer) {
	t.Helper()
	return dialPeerAs(t, Transceiver, cfg)
}

func dialPeerAs(t *testing.T, mode BindMode, cfg Config) (*Session, *peer) {
	t.Helper()
	l := listen(t)
	type dialed struct {
		s   *Session
		err error
	}
	ch := make(chan dialed, 1)
	ctx := testContext(t)
	go func() {
		s, err := Dial(ctx, l.Addr().String(), Bind{Mode: mode, SystemID: "ppg"}, ClientConfig{Config: cfg})
		ch <- dialed{s, err}
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	h, _ := p.read()
	p.write(StatusOK, h.Sequence, &BindResp{Mode: mode, SystemID: "smsc"})
	d := <-ch
	if d.err != nil {
		t.Fatal(d.err)
	}
	t.Cleanup(func() { d.s.Close(); wait(t, d.s.Done()) })
	return d.s, p
}

// acceptPeer gives an SMSC session and the ESME that the test plays, bound in the mode.
func acceptPeer(t *testing.T, mode BindMode, cfg Config) (*Session, *peer) {
	t.Helper()
	l := listen(t)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	p.write(StatusOK, 1, &Bind{Mode: mode, SystemID: "esme", InterfaceVersion: Version34})
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Accept(testContext(t), server, ServerConfig{Config: cfg, Authenticate: anybody})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); wait(t, s.Done()) })
	p.expect(CommandID(mode).Response(), StatusOK)
	return s, p
}

func anybody(context.Context, *Bind, net.Addr) Status { return StatusOK }

// results collects results of Send by what the caller knows the request as.
type results chan Result

func (r results) send(t *testing.T, s *Session, p PDU, timeout time.Duration) {
	t.Helper()
	if err := s.Send(testContext(t), p, timeout, func(res Result) { r <- res }); err != nil {
		t.Fatal(err)
	}
}

func (r results) next(t *testing.T) Result {
	t.Helper()
	return wait(t, r)
}

func wait[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatal("waited too long")
	}
	return v
}

// until polls a condition.
func until(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func expectErr(t *testing.T, s *Session, want error) {
	t.Helper()
	wait(t, s.Done())
	if err := s.Err(); !errors.Is(err, want) {
		t.Errorf("the session ended with %v, want %v", err, want)
	}
}

func submit(to string) *SubmitSM {
	return &SubmitSM{Destination: Address{TON: TONInternational, NPI: NPIISDN, Addr: to}, ShortMessage: []byte("x")}
}
