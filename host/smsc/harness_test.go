package smsc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// until polls a condition.
func until(t testing.TB, what string, reached func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !reached(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("not within %v: %s", patience, what)
		panic("unreachable")
	}
}

// msc is the other side of a delivery link: an SMSC that hands every segment to the test, or answers it by a function.
type msc struct {
	t        testing.TB
	listener net.Listener
	got      chan *smpp.Request // where answer is nil, or returns false
	answer   func(p *smpp.SubmitSM, n int) (smpp.Status, smpp.TLVs, bool)
	drop     func(p *smpp.SubmitSM) bool // of a benchmark: nothing is kept, and what it returns true for is not answered
	dropped  atomic.Int64

	mu       sync.Mutex
	sessions []*smpp.Session
	segments []*smpp.SubmitSM
	air      map[string]*wdp.Reassembler // by terminal
	messages []wdp.Datagram              // that terminals have put together
}

// delivered answers every segment with success.
func delivered(*smpp.SubmitSM, int) (smpp.Status, smpp.TLVs, bool) { return smpp.StatusOK, nil, true }

func newMSC(t testing.TB, answer func(p *smpp.SubmitSM, n int) (smpp.Status, smpp.TLVs, bool)) *msc {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &msc{t: t, listener: l, got: make(chan *smpp.Request, 1000), answer: answer, air: make(map[string]*wdp.Reassembler)}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = smpp.Serve(ctx, l, smpp.ServerConfig{
			Config:       smpp.Config{Receive: m.receive, MaxReceived: 1_000_000},
			Authenticate: func(context.Context, *smpp.Bind, net.Addr) smpp.Status { return smpp.StatusOK },
		}, func(s *smpp.Session) {
			m.mu.Lock()
			m.sessions = append(m.sessions, s)
			m.mu.Unlock()
			<-s.Done()
		}, nil)
	}()
	t.Cleanup(func() {
		cancel()
		m.cut()
		<-served
	})
	return m
}

func (m *msc) address() string { return m.listener.Addr().String() }

// cut ends all links without unbind.
func (m *msc) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sessions {
		s.Close()
	}
	m.sessions = nil
}

func (m *msc) receive(r *smpp.Request) {
	p := r.PDU.(*smpp.SubmitSM)
	if m.drop != nil {
		if m.drop(p) {
			m.dropped.Add(1)
		} else if err := r.Answer(smpp.StatusOK, &smpp.SubmitSMResp{MessageID: "m"}); err != nil {
			m.t.Error(err)
		}
		return
	}
	m.mu.Lock()
	n := len(m.segments)
	m.segments = append(m.segments, p)
	m.mu.Unlock()
	if m.answer != nil {
		if status, tlvs, ok := m.answer(p, n); ok {
			m.reply(r, status, tlvs)
			return
		}
	}
	m.got <- r
}

// reply answers a segment; with success its terminal has it.
func (m *msc) reply(r *smpp.Request, status smpp.Status, tlvs smpp.TLVs) {
	if status == smpp.StatusOK {
		m.arrive(r.PDU.(*smpp.SubmitSM))
	}
	_ = r.Answer(status, &smpp.SubmitSMResp{MessageID: "m", TLVs: tlvs}) // a link that is gone hears nothing
}

// arrive has the terminal take a segment.
func (m *msc) arrive(p *smpp.SubmitSM) {
	m.mu.Lock()
	defer m.mu.Unlock()
	to := p.Destination.Addr
	if !p.ESMClass.UDHI() {
		m.messages = append(m.messages, wdp.Datagram{Source: p.Source.Addr, Destination: to, Payload: p.ShortMessage})
		return
	}
	if m.air[to] == nil {
		m.air[to] = wdp.NewReassembler(wdp.Limits{})
	}
	d, err := m.air[to].Add(time.Now(), p.Source.Addr, to, p.ShortMessage)
	if err != nil {
		m.t.Errorf("a terminal can not read a segment: %v", err)
	}
	if d != nil {
		m.messages = append(m.messages, *d)
	}
}

// next is the next segment that waits for an answer of the test.
func (m *msc) next() *smpp.Request { m.t.Helper(); return receive(m.t, m.got, "a segment at the MSC") }

// quiet says that no segment waits.
func (m *msc) quiet() {
	m.t.Helper()
	select {
	case r := <-m.got:
		m.t.Fatalf("a segment too many: %+v", r.PDU)
	case <-time.After(50 * time.Millisecond):
	}
}

// whole is what terminals have put together, as "number: payload".
func (m *msc) whole() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, d := range m.messages {
		all = append(all, d.Destination+": "+string(d.Payload))
	}
	return all
}

func (m *msc) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.segments)
}

// gatewayESME is an [[esme]] with the keys that a test wants.
func gatewayESME(more string) string {
	return "[[esme]]\nsystem_id = \"ppg\"\npassword_file = \"hash\"\n" + more + "\n"
}

// load parses a configuration whose password files hold "secret".
func load(t testing.TB, text string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "smsc.toml")
	for name, content := range map[string]string{"smsc.toml": text, "hash": string(hash) + "\n", "plain": "secret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(file)
}

// start runs an SMSC with delivery links to the MSCs, and waits until they are bound.
func start(t testing.TB, text string, mscs ...*msc) *SMSC {
	t.Helper()
	return startLogging(t, hclog.NewNullLogger(), text, mscs...)
}

func startLogging(t testing.TB, log hclog.Logger, text string, mscs ...*msc) *SMSC {
	t.Helper()
	if !strings.Contains(text, "[smsc]") {
		text = "[smsc]\n" + text
	}
	text = strings.Replace(text, "[smsc]\n", "[smsc]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n", 1)
	if !strings.Contains(text, "[[delivery]]") {
		for range mscs {
			text += "[[delivery]]\naddress = \"MSC\"\nsystem_id = \"smsc\"\n"
		}
	}
	for _, m := range mscs {
		text = strings.Replace(text, "\"MSC\"", "\""+m.address()+"\"", 1)
	}
	c, err := load(t, text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(c, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		s.Stop(ctx)
	})
	until(t, "every delivery link is bound", func() bool { return s.links.Why() == "" })
	return s
}

// bind binds as an ESME.
func bind(t testing.TB, s *SMSC, name string) *smpp.Session {
	t.Helper()
	session, err := dial(s, name, "secret", smpp.Transceiver)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		session.Close()
		<-session.Done()
	})
	return session
}

func dial(s *SMSC, name, password string, mode smpp.BindMode) (*smpp.Session, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return smpp.Dial(ctx, s.Address(), smpp.Bind{Mode: mode, SystemID: name, Password: password},
		smpp.ClientConfig{Config: smpp.Config{Window: 10_000}})
}

// bindStatus is the status of a bind that is refused, 0 of one that is not.
func bindStatus(t testing.TB, err error) smpp.Status {
	t.Helper()
	var refused *smpp.BindError
	switch {
	case err == nil:
		return smpp.StatusOK
	case errors.As(err, &refused):
		return refused.Status
	}
	t.Fatal(err)
	return 0
}

// submit submits and returns where the result will be.
func submit(t testing.TB, session *smpp.Session, p smpp.PDU) <-chan smpp.Result {
	t.Helper()
	result := make(chan smpp.Result, 1)
	if err := session.Send(t.Context(), p, time.Minute, func(r smpp.Result) { result <- r }); err != nil {
		t.Fatal(err)
	}
	return result
}

// call submits and waits for the result.
func call(t testing.TB, session *smpp.Session, p smpp.PDU) smpp.Result {
	t.Helper()
	return receive(t, submit(t, session, p), "an answer")
}

// text is a payload of so many octets, different for different names.
func text(name string, octets int) []byte {
	return []byte(strings.Repeat(name+".", octets/len(name)+1)[:octets])
}

func number(n int) string { return fmt.Sprintf("35840%07d", n) }

// pushTo is a whole push by data_sm in transaction mode, with ports by parameters.
func pushTo(to string, payload []byte) *smpp.DataSM {
	return &smpp.DataSM{
		ServiceType: "WAP", Source: smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: "1234"},
		Destination: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: to}, ESMClass: smpp.ModeTransaction,
		DataCoding: smpp.DataCodingWAPClass, TLVs: append(ports(), smpp.TLV{Tag: smpp.TagMessagePayload, Value: payload}),
	}
}

func ports() smpp.TLVs {
	return smpp.TLVs{{Tag: smpp.TagSourcePort, Value: []byte{0x23, 0xF0}}, {Tag: smpp.TagDestinationPort, Value: []byte{0x0B, 0x84}}}
}

// segmentsOf are the submit_sm of a push that its gateway has cut, as Kannel does: default mode, an 8-bit reference.
func segmentsOf(to string, reference byte, payload []byte) []*smpp.SubmitSM {
	all, err := wdp.Segment(payload, wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}, wdp.Reference{Number: uint16(reference)})
	if err != nil {
		panic(err)
	}
	var pdus []*smpp.SubmitSM
	for _, userData := range all {
		pdus = append(pdus, &smpp.SubmitSM{
			Source:      smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: "1234"},
			Destination: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: to},
			ESMClass:    smpp.FeatureUDHI, DataCoding: smpp.DataCodingOctets, ShortMessage: userData,
		})
	}
	return pdus
}

// failure is what a network says of a segment that was not delivered.
func failure(reason smpp.DeliveryFailureReason, gsm uint16) smpp.TLVs {
	t := smpp.TLVs{{Tag: smpp.TagDeliveryFailureReason, Value: []byte{byte(reason)}}}
	if gsm != 0 {
		t.AddNetworkError(smpp.NetworkError{Type: smpp.NetworkGSM, Code: gsm})
	}
	return t
}

func contextFor(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
