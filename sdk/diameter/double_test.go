package diameter

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func t0() time.Time { return time.Unix(1_800_000_000, 0) }

func tcpAddress(s string) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", s)
	if err != nil {
		panic(err)
	}
	return a
}

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

// hss is a double: it accepts connections and gives each to the test after the capabilities exchange.
type hss struct {
	t        *testing.T
	listener net.Listener
	epoch    uint32
}

func newHSS(t *testing.T) *hss {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &hss{t: t, listener: l, epoch: 1}
}

// side is the double's end of one connection.
type side struct {
	t *testing.T
	net.Conn
}

func (h *hss) socket() side {
	h.t.Helper()
	_ = h.listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := h.listener.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return side{h.t, c}
}

func (h *hss) accept() side {
	h.t.Helper()
	s := h.socket()
	s.send(h.cea(s.expect(commandCapabilities), Sh().avp()))
	return s
}

func (h *hss) cea(m Message, more ...AVP) Message {
	return answered(m, append([]AVP{
		Unsigned32(codeResultCode, ResultSuccess), Octets(codeOriginHost, "hss"),
		Octets(codeOriginRealm, "home"), Unsigned32(codeOriginStateID, h.epoch),
	}, more...)...)
}

func answered(m Message, avps ...AVP) Message {
	m.Request, m.AVPs = false, avps
	return m
}

// uda answers a question with a number of an SGSN.
func uda(m Message, sgsn string) Message {
	session, _ := m.AVPs.Find(codeSessionID)
	return answered(m, session, Unsigned32(codeResultCode, ResultSuccess), Octets(codeUserData,
		"<Sh-Data><PSLocationInformation><SGSNNumber>"+sgsn+"</SGSNNumber></PSLocationInformation></Sh-Data>"))
}

func (s side) send(m Message) {
	s.t.Helper()
	frame, err := m.Append(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Write(frame); err != nil {
		s.t.Error(err)
	}
}

func (s side) expect(command uint32) Message {
	s.t.Helper()
	m, err := Read(s, 1<<16)
	if err != nil {
		s.t.Fatalf("instead of command %d: %v", command, err)
	}
	if m.Command != command {
		s.t.Fatalf("command %d instead of %d", m.Command, command)
	}
	return m
}

func (s side) expectEnd() {
	s.t.Helper()
	var late net.Error
	if m, err := Read(s, 1<<16); err == nil || errors.As(err, &late) && late.Timeout() {
		s.t.Fatalf("command %d and %v instead of the end", m.Command, err)
	}
}

// timers are the durations that a peer waits on, which the test lets expire.
type timers struct {
	mu      sync.Mutex
	running map[int]func()
	waits   map[int]time.Duration
	made    int
}

func (w *timers) after(d time.Duration, f func()) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running == nil {
		w.running, w.waits = map[int]func(){}, map[int]time.Duration{}
	}
	w.made++
	id := w.made
	w.running[id], w.waits[id] = f, d
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.running, id)
	}
}

// expire lets the timer of about that duration expire, once there is one.
func (w *timers) expire(t *testing.T, d time.Duration) {
	t.Helper()
	until(t, "a timer of "+d.String(), func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		for id, f := range w.running {
			if off := w.waits[id] - d; off > -3*time.Second && off < 3*time.Second {
				delete(w.running, id)
				go f()
				return true
			}
		}
		return false
	})
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func newPeer(t *testing.T, h *hss, change func(*Config)) *Peer {
	t.Helper()
	c := Config{
		Address: h.listener.Addr().String(), Host: "push.home", Realm: "home", Application: Sh(),
		Answer: patience, LeastPause: time.Millisecond, MostPause: 10 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p.Close(ctx)
	})
	return p
}

type answer struct {
	data ShData
	err  error
}

func ask(p *Peer, number string) <-chan answer {
	return askUntil(context.Background(), p, number)
}

func askUntil(ctx context.Context, p *Peer, number string) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		data, err := p.UserData(ctx, UserDataRequest{MSISDN: number, Realm: "home"})
		c <- answer{data, err}
	}()
	return c
}

func (s side) ping() { // and wait for the answer: all that was sent before has been read
	s.t.Helper()
	s.send(Message{Header: Header{Request: true, Command: commandWatchdog, HopByHop: 7, EndToEnd: 8}})
	if m := s.expect(commandWatchdog); m.Request || m.HopByHop != 7 || m.EndToEnd != 8 || m.Failure() != nil {
		s.t.Fatalf("answer to the watchdog: %+v", m)
	}
}
