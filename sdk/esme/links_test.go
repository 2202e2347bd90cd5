package esme

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

// smsc takes binds, and answers every message with the same status.
type smsc struct {
	l      net.Listener
	binds  chan *smpp.Session
	pdus   chan smpp.PDU
	refuse smpp.Status
	says   func() smpp.Status // to messages
}

func startSMSC(t *testing.T, refuse smpp.Status) *smsc {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smsc{l: l, binds: make(chan *smpp.Session, 100), pdus: make(chan smpp.PDU, 100), refuse: refuse, says: func() smpp.Status { return smpp.StatusOK }}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- smpp.Serve(ctx, l, smpp.ServerConfig{
			SystemID: "smsc", Authenticate: func(context.Context, *smpp.Bind, net.Addr) smpp.Status { return s.refuse },
			Config: smpp.Config{Receive: func(r *smpp.Request) {
				s.pdus <- r.PDU
				_ = r.Answer(s.says(), nil)
			}},
		}, func(ss *smpp.Session) { s.binds <- ss }, nil)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		close(s.binds)
		for ss := range s.binds {
			ss.Close()
			<-ss.Done()
		}
	})
	return s
}

// bind takes the next bind and closes it when the test ends.
func (s *smsc) bind(t *testing.T) *smpp.Session {
	t.Helper()
	ss := receive(t, s.binds, "bind")
	t.Cleanup(func() { ss.Close(); <-ss.Done() })
	return ss
}

func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("not reached")
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func start(t *testing.T, o Options, files ...File) *Links {
	t.Helper()
	var problems plugin.Problems
	var configs []Config
	for _, f := range files {
		f.SystemID = "ppg"
		configs = append(configs, f.Parse(&problems, ""))
	}
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	ls := New(configs, o)
	ls.Start()
	t.Cleanup(ls.Close)
	return ls
}

// What the SMSC sends comes over the receiver, what goes to it over the transmitter, and either is bound again alone.
func TestTransmitterAndReceiver(t *testing.T) {
	tx, rx := startSMSC(t, 0), startSMSC(t, 0)
	got := make(chan smpp.PDU, 1)
	ls := start(t, Options{Receive: func(_ *Link, r *smpp.Request) {
		got <- r.PDU
		_ = r.Answer(smpp.StatusOK, nil)
	}}, File{Address: tx.l.Addr().String(), Bind: "transmitter+receiver", ReceiverAddress: rx.l.Addr().String()})
	sender, receiver := tx.bind(t), rx.bind(t)
	if a, b := sender.Bind().Mode, receiver.Bind().Mode; a != smpp.Transmitter || b != smpp.Receiver {
		t.Errorf("bound as %v and %v", a, b)
	}
	eventually(t, "all is well", func() bool { return ls.Places() == 100 && ls.Why() == "" })
	if r := receiver.Call(t.Context(), &smpp.DeliverSM{ShortMessage: []byte("hello")}, patience); r.Outcome != smpp.Accepted {
		t.Errorf("deliver_sm: %+v", r)
	}
	if p, ok := receive(t, got, "deliver_sm").(*smpp.DeliverSM); !ok || string(p.ShortMessage) != "hello" {
		t.Errorf("received %+v", p)
	}
	results := make(chan smpp.Result, 1)
	submit := func() *Link {
		return ls.Submit(ls.Way("46701234567"), nil, 0, func(*Link) smpp.PDU { return &smpp.SubmitSM{} }, func(r smpp.Result) { results <- r })
	}
	if l := submit(); l == nil || l.Index() != 0 {
		t.Fatalf("taken by %v", l)
	}
	if r := receive(t, results, "result"); r.Outcome != smpp.Accepted {
		t.Errorf("submit_sm: %+v", r)
	}
	receiver.Close()
	eventually(t, "why tells of the receiver", func() bool { return strings.Contains(ls.Why(), "(receiver)") })
	if ls.Places() != 100 {
		t.Error("the transmitter takes nothing without its receiver")
	}
	rx.bind(t)
	sender.Close()
	eventually(t, "no places without a transmitter", func() bool { return ls.Places() == 0 })
	tx.bind(t)
	eventually(t, "all is well again", func() bool { return ls.Places() == 100 && ls.Why() == "" })
}

// A request that can not be encoded, or not on this bind, is never sent, and the link stays.
func TestSubmitOfNonsense(t *testing.T) {
	s := startSMSC(t, 0)
	ls := start(t, Options{}, File{Address: s.l.Addr().String(), Bind: "transmitter"})
	s.bind(t)
	eventually(t, "bound", func() bool { return ls.Places() > 0 })
	for name, pdu := range map[string]smpp.PDU{
		"a service_type that is too long": &smpp.SubmitSM{ServiceType: "too long"},
		"a request of an SMSC":            &smpp.DeliverSM{},
	} {
		results := make(chan smpp.Result, 1)
		l := ls.Submit(ls.Way("4670"), nil, 0, func(*Link) smpp.PDU { return pdu }, func(r smpp.Result) { results <- r })
		if l == nil {
			t.Fatalf("%s: not taken", name)
		}
		if r := receive(t, results, "result"); r.Outcome != smpp.NeverSent || Answer(r).Verdict != smstx.Permanent {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if ls.Places() == 0 || ls.all[0].pace.outstanding != 0 {
		t.Error("the link or its place is lost")
	}
}

// A password shows up nowhere, also when the SMSC refuses it.
func TestPasswordIsNotLogged(t *testing.T) {
	s := startSMSC(t, smpp.StatusInvPaswd)
	var out syncBuffer
	start(t, Options{Log: hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Trace})}, File{Address: s.l.Addr().String(), Password: "wrong"})
	eventually(t, "the refusal is logged", func() bool { return strings.Contains(out.String(), "ESME_RINVPASWD") })
	if strings.Contains(out.String(), "wrong") {
		t.Errorf("logged:\n%s", out.String())
	}
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
