package sms

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen soon.
const patience = 10 * time.Second

// smsc is an SMSC whose answers the test writes. Without a script it says OK to everything.
type smsc struct {
	t      testing.TB
	l      net.Listener
	submit chan submission

	mu       sync.Mutex
	script   func(s submission) // answers; nil says OK
	whole    func(w whole)      // answers what is no segment, if it is not nil
	sessions []*smpp.Session
	binds    int
	stop     func()
	refusal  smpp.Status // of binds
}

// A submission is a submit_sm that waits for its answer.
type submission struct {
	*smpp.SubmitSM
	request *smpp.Request
	header  wdp.Header
}

func (s submission) ok() { s.answer(smpp.StatusOK) }

// answer answers with a status and optional parameters.
func (s submission) answer(status smpp.Status, tlvs ...smpp.TLV) {
	_ = s.request.Answer(status, &smpp.SubmitSMResp{MessageID: "m", TLVs: tlvs})
}

// stored answers with a message id.
func (s submission) stored(id string) {
	_ = s.request.Answer(smpp.StatusOK, &smpp.SubmitSMResp{MessageID: id})
}

// deliver sends a message over the last session that was bound, and returns its acknowledgement.
func (s *smsc) deliver(t *testing.T, pdu smpp.PDU) <-chan smpp.Result {
	t.Helper()
	eventually(t, "the SMSC has a session", func() bool { return s.bound() > 0 }) // its submissions may be here before
	s.mu.Lock()
	ss := s.sessions[len(s.sessions)-1]
	s.mu.Unlock()
	acked := make(chan smpp.Result, 1)
	if err := ss.Send(t.Context(), pdu, patience, func(r smpp.Result) { acked <- r }); err != nil {
		t.Fatal(err)
	}
	return acked
}

func (s submission) sequence() int {
	if s.header.Concatenation == nil {
		return 1
	}
	return int(s.header.Concatenation.Sequence)
}

func reason(r smpp.DeliveryFailureReason) smpp.TLV {
	return smpp.TLV{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(r)}}
}

func gsm(code byte) smpp.TLV {
	return smpp.TLV{Tag: smpp.TagNetworkErrorCode, Value: []byte{byte(smpp.NetworkGSM), 0, code}}
}

func startSMSC(t testing.TB, script func(submission)) *smsc {
	t.Helper()
	return startSMSCAt(t, "127.0.0.1:0", script)
}

func startSMSCAt(t testing.TB, address string, script func(submission)) *smsc {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return serveSMSC(t, l, script)
}

func serveSMSC(t testing.TB, l net.Listener, script func(submission)) *smsc {
	s := &smsc{t: t, l: l, script: script, submit: make(chan submission, 100_000)}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- smpp.Serve(ctx, l, smpp.ServerConfig{
			SystemID: "smsc", Config: smpp.Config{Receive: s.receive, MaxReceived: 200_000},
			Authenticate: func(_ context.Context, b *smpp.Bind, _ net.Addr) smpp.Status {
				if b.Password == "wrong" {
					return smpp.StatusInvPaswd
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.refusal
			},
		}, func(ss *smpp.Session) {
			s.mu.Lock()
			s.sessions = append(s.sessions, ss)
			s.binds++
			s.mu.Unlock()
		}, nil)
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		s.cut()
	})
	t.Cleanup(s.stop)
	return s
}

func (s *smsc) address() string { return s.l.Addr().String() }

func (s *smsc) receive(r *smpp.Request) {
	p, ok := r.PDU.(*smpp.SubmitSM)
	if !ok || !p.ESMClass.UDHI() {
		s.mu.Lock()
		script := s.whole
		s.mu.Unlock()
		if script == nil {
			_ = r.Answer(smpp.StatusInvCmdID, nil)
		} else {
			script(whole{r})
		}
		return
	}
	h, _, err := wdp.ParseHeader(p.ShortMessage)
	if err != nil {
		s.t.Errorf("user data header: %v", err)
	}
	sub := submission{p, r, h}
	if s.submit != nil {
		s.submit <- sub
	}
	s.mu.Lock()
	script := s.script
	s.mu.Unlock()
	if script == nil {
		sub.ok()
	} else {
		script(sub)
	}
}

// answerBy changes the script.
func (s *smsc) answerBy(script func(submission)) {
	s.mu.Lock()
	s.script = script
	s.mu.Unlock()
}

// refuse answers binds with a status from now on.
func (s *smsc) refuse(status smpp.Status) {
	s.mu.Lock()
	s.refusal = status
	s.mu.Unlock()
}

// cut ends every link without a word.
func (s *smsc) cut() {
	s.mu.Lock()
	sessions := s.sessions
	s.sessions = nil
	s.mu.Unlock()
	for _, ss := range sessions {
		ss.Close()
		<-ss.Done()
	}
}

func (s *smsc) bound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.binds
}

func (s *smsc) next() submission { return receive(s.t, s.submit, "a submit_sm") }

// nothing checks that no submit_sm waits.
func (s *smsc) nothing() {
	s.t.Helper()
	select {
	case sub := <-s.submit:
		s.t.Errorf("submit_sm to %s that nobody expected", sub.Destination.Addr)
	default:
	}
}

func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s within %v", what, patience)
		panic("not reached")
	}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// gateway is the host of a bearer. It stores tokens at once, unless told to hold them.
type gateway struct {
	t       testing.TB
	bearer  *Plugin
	results chan result
	events  chan push.Event
	tokens  chan result

	mu      sync.Mutex
	held    bool
	token   map[string][]byte
	window  int
	why     string
	ended   map[string]int
	windows []int
}

type result struct {
	id      string
	outcome push.Outcome
	token   []byte
}

func (g *gateway) Result(id string, o push.Outcome) {
	g.mu.Lock()
	g.ended[id]++
	if g.ended[id] > 1 {
		g.t.Errorf("second result of %s: %+v", id, o)
	}
	token := g.token[id]
	g.mu.Unlock()
	g.results <- result{id, o, token}
}

func (g *gateway) Progress(id string, number uint64, token []byte) {
	g.mu.Lock()
	g.token[id] = token
	held := g.held
	g.mu.Unlock()
	g.tokens <- result{id: id, token: token}
	if !held {
		g.bearer.Stored(id, number)
	}
}

func (g *gateway) Event(e push.Event) { g.events <- e }

func (g *gateway) Window(n int, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.why = why
	g.windows = append(g.windows, n)
	g.window = n
}

// startBearer gives a configured bearer and its gateway; the links are not awaited.
func startBearer(t testing.TB, config string) (*Plugin, *gateway) {
	t.Helper()
	p := New()
	if err := p.Configure(context.Background(), plugin.Config{Instance: "sms", TOML: []byte(config)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	g := &gateway{
		t: t, bearer: p, results: make(chan result, 100_000), events: make(chan push.Event, 100), tokens: make(chan result, 100_000),
		token: map[string][]byte{}, ended: map[string]int{},
	}
	p.Open(g)
	return p, g
}

// start gives a bearer that is bound to the SMSC.
func start(t testing.TB, s *smsc, more string) (*Plugin, *gateway) {
	t.Helper()
	p, g := startBearer(t, fmt.Sprintf("source = \"46700000001\"\n%s\nlink = [{ address = %q, system_id = \"ppg\" }]", more, s.address()))
	eventually(t, "the link is bound", func() bool { return p.links.Places() > 0 })
	return p, g
}

const number = "358401234567"

// deliveryOf is a push whose WSP PDU needs the given number of segments of 8-bit references.
func deliveryOf(id, number string, segments int) push.Delivery {
	body := make([]byte, 40+128*(segments-1))
	for i := range body {
		body[i] = byte(i * 7)
	}
	copy(body, id)
	return push.Delivery{
		ID: id, PushID: "push-" + id, Lane: "PLMN:+" + number, Timeout: patience,
		Terminal: push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+" + number}, MSISDN: push.MSISDN(number)},
		Message: push.Message{
			ContentType: "application/vnd.wap.sic; charset=utf-8", Body: body,
			Headers: []push.Header{{Name: "X-Wap-Application-Id", Value: "mms.ua"}, {Name: "Authorization", Value: "Basic c2VjcmV0"}, {Name: "X-Mailer", Value: "1"}},
		},
	}
}

func (g *gateway) deliver(d push.Delivery) { g.bearer.Start(d) }

func (g *gateway) result() result {
	g.t.Helper()
	return receive(g.t, g.results, "result")
}

// want takes the next result and checks it.
func (g *gateway) want(id string, kind push.OutcomeKind) result {
	g.t.Helper()
	r := g.result()
	if r.id != id || r.outcome.Kind != kind {
		g.t.Errorf("result of %s: %+v, want %v of %s", r.id, r.outcome, kind, id)
	}
	return r
}

// read puts the segments together and decodes the push.
func read(t testing.TB, subs ...submission) wsp.Push {
	t.Helper()
	r := wdp.NewReassembler(wdp.Limits{})
	var got *wdp.Datagram
	for _, s := range subs {
		d, err := r.Add(time.Now(), s.Source.Addr, s.Destination.Addr, s.ShortMessage)
		if err != nil {
			t.Fatal(err)
		}
		if d != nil {
			if got != nil {
				t.Error("the terminal saw the message twice")
			}
			got = d
		}
	}
	if got == nil {
		t.Fatal("the segments are no whole message")
	}
	if got.Ports == nil || *got.Ports != (wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}) {
		t.Errorf("ports %+v", got.Ports)
	}
	p, err := wsp.DecodePush(got.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
