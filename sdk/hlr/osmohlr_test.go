package hlr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

// register is a double of a control interface.
type register struct {
	t        *testing.T
	listener net.Listener
}

type registerSide struct {
	t *testing.T
	net.Conn
}

func newRegister(t *testing.T) *register {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return &register{t, l}
}

func (r *register) accept() registerSide {
	r.t.Helper()
	_ = r.listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c, err := r.listener.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(patience))
	return registerSide{r.t, c}
}

// question reads one and returns its number and variable.
func (s registerSide) question() (id int, name string) {
	s.t.Helper()
	text, err := readControl(s, func() {})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := fmt.Sscanf(text, "GET %d %s", &id, &name); err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return id, name
}

func (s registerSide) say(text string) {
	s.t.Helper()
	b := binary.BigEndian.AppendUint16(nil, uint16(len(text)+1))
	if _, err := s.Write(append(append(b, protocolOsmo, extensionControl), text...)); err != nil {
		s.t.Error(err)
	}
}

func told(id int, name, imsi, more string) string {
	return fmt.Sprintf("GET_REPLY %d %s \nid\t1\nimsi\t%s\nnam_ps\t1\nms_purged_ps\t0%s", id, name, imsi, more)
}

func newOsmoHLR(t *testing.T, r *register, change func(*OsmoHLRConfig)) *OsmoHLR {
	t.Helper()
	config := OsmoHLRConfig{Address: r.listener.Addr().String()}
	if change != nil {
		change(&config)
	}
	h, err := NewOsmoHLR(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

type answer struct {
	location Location
	err      error
}

func ask(ctx context.Context, b interface {
	Query(context.Context, Question) (Location, error)
}, q Question,
) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		location, err := b.Query(ctx, q)
		c <- answer{location, err}
	}()
	return c
}

func imsi(n int) Question { return Question{IMSI: push.IMSI(fmt.Sprintf("00101%010d", n))} }

func TestOsmoHLRLocations(t *testing.T) {
	for _, row := range []struct {
		name, lines string
		trust       bool
		want        Location
	}{
		{"attached", "\nnam_ps\t1\nms_purged_ps\t0\nsgsn_number\tSGSN-A", false, Location{Attached: true, SGSN: "SGSN-A"}},
		{"never attached", "\nnam_ps\t1\nms_purged_ps\t0", false, Location{NotReachable: LocationUnknown}},
		{
			"marked as purged", "\nnam_ps\t1\nms_purged_ps\t1\nsgsn_number\tSGSN-A", false,
			Location{Attached: true, SGSN: "SGSN-A", Purged: true},
		},
		{
			"marked as purged, trusted", "\nnam_ps\t1\nms_purged_ps\t1\nsgsn_number\tSGSN-A", true,
			Location{SGSN: "SGSN-A", Purged: true, NotReachable: PurgedForGPRS},
		},
		{
			"no service", "\nnam_ps\t0\nms_purged_ps\t0\nsgsn_number\tSGSN-A", false,
			Location{SGSN: "SGSN-A", NotReachable: NotProvisioned},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRegister(t)
			a := ask(t.Context(), newOsmoHLR(t, r, func(c *OsmoHLRConfig) { c.TrustPurged = row.trust }), imsi(1))
			s := r.accept()
			id, name := s.question()
			s.say(fmt.Sprintf("GET_REPLY %d %s \nimsi\t%s%s", id, name, imsi(1).IMSI, row.lines))
			row.want.IMSI = imsi(1).IMSI
			if got := <-a; got.location != row.want || got.err != nil {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestOsmoHLRFailures(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer func(id int, name string) string
		kind   error
	}{
		{"unknown", func(id int, _ string) string { return fmt.Sprintf("ERROR %d No such subscriber.", id) }, ErrUnknownSubscriber},
		{"other error", func(id int, _ string) string { return fmt.Sprintf("ERROR %d Command not found", id) }, ErrRefused},
		{"other subscriber", func(id int, name string) string { return told(id, name, "001019999999999", "") }, ErrGarbage},
		{"half an answer", func(id int, name string) string { return fmt.Sprintf("GET_REPLY %d %s", id, name) }, ErrGarbage},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRegister(t)
			a := ask(t.Context(), newOsmoHLR(t, r, nil), imsi(1))
			s := r.accept()
			s.say(row.answer(s.question()))
			var failure *Error
			if got := <-a; !errors.Is(got.err, row.kind) || !errors.As(got.err, &failure) || failure.Again {
				t.Errorf("%+v", got)
			}
		})
	}
	if _, err := newOsmoHLR(t, newRegister(t), nil).Query(t.Context(), Question{PublicIdentity: "sip:a@b"}); !errors.Is(err, ErrQuestion) {
		t.Errorf("a public identity: %v", err)
	}
}

func TestOsmoHLRManyAtOnce(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, nil)
	const many = 20
	answers := make([]<-chan answer, many)
	for i := range answers {
		answers[i] = ask(t.Context(), h, imsi(i))
	}
	s := r.accept()
	replies := make([]string, many)
	for i := range replies {
		id, name := s.question()
		subscriber := strings.TrimSuffix(strings.TrimPrefix(name, "subscriber.by-imsi-"), ".info")
		replies[many-1-i] = told(id, name, subscriber, "\nsgsn_number\tof-"+subscriber)
	}
	for _, text := range replies {
		s.say(text)
	}
	for i, a := range answers {
		if got := <-a; got.err != nil || got.location.SGSN != "of-"+string(imsi(i).IMSI) {
			t.Errorf("question %d: %+v", i, got)
		}
	}
	if got := h.Counters(); got != (ControlCounters{Connections: 1}) {
		t.Errorf("counters %+v", got)
	}
}

func TestOsmoHLRAnswersThatAreDropped(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, nil)
	ctx, leave := context.WithCancel(t.Context())
	gone := ask(ctx, h, imsi(1))
	s := r.accept()
	late, lateName := s.question()
	leave()
	if got := <-gone; !errors.Is(got.err, context.Canceled) {
		t.Errorf("the one who left: %v", got.err)
	}
	kept := ask(t.Context(), h, imsi(2))
	id, name := s.question()
	right := told(id, name, string(imsi(2).IMSI), "\nsgsn_number\tright")
	s.say(told(late, lateName, string(imsi(1).IMSI), ""))
	s.say(told(id, lateName, string(imsi(1).IMSI), "")) // the number of one question, the variable of another
	s.say(told(id+1000, name, string(imsi(2).IMSI), ""))
	s.say("TRAP 0 a b")
	s.say(right)
	s.say(right)
	if got := <-kept; got.err != nil || got.location.SGSN != "right" {
		t.Errorf("%+v", got)
	}
	last := ask(t.Context(), h, imsi(3))
	id, name = s.question()
	s.say(told(id, name, string(imsi(3).IMSI), ""))
	<-last
	if got := h.Counters(); got != (ControlCounters{Connections: 1, Stale: 2, Foreign: 3}) {
		t.Errorf("counters %+v", got)
	}
}

func TestOsmoHLRRestarts(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, nil)
	a := ask(t.Context(), h, imsi(1))
	s := r.accept()
	s.question()
	_ = s.Close()
	var failure *Error
	if got := <-a; !errors.Is(got.err, ErrDown) || !errors.As(got.err, &failure) || !failure.Again {
		t.Errorf("the question under way: %v", got.err)
	}
	a = ask(t.Context(), h, imsi(1))
	s = r.accept()
	id, name := s.question()
	s.say(told(id, name, string(imsi(1).IMSI), ""))
	if got := <-a; got.err != nil {
		t.Errorf("after the restart: %v", got.err)
	}
}

func TestOsmoHLRLostStream(t *testing.T) {
	r := newRegister(t)
	a := ask(t.Context(), newOsmoHLR(t, r, nil), imsi(1))
	s := r.accept()
	s.question()
	if _, err := s.Write([]byte{0, 0, protocolOsmo, 0}); err != nil {
		t.Fatal(err)
	}
	if got := <-a; !errors.Is(got.err, ErrDown) || !errors.Is(got.err, errFrame) {
		t.Errorf("%v", got.err)
	}
}

// A register that says nothing may be gone: the connection is made anew. One that is slow with one question is not.
func TestOsmoHLRSilence(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, nil)
	timeout := func() (context.Context, context.CancelCauseFunc) { return context.WithCancelCause(t.Context()) }
	ctx, cancel := timeout()
	slow := ask(ctx, h, imsi(1))
	s := r.accept()
	s.question()
	other := ask(t.Context(), h, imsi(2))
	id, name := s.question()
	s.say(told(id, name, string(imsi(2).IMSI), ""))
	<-other
	cancel(ErrTimeout)
	if got := <-slow; !errors.Is(got.err, ErrTimeout) {
		t.Errorf("the slow one: %v", got.err)
	}
	ctx, cancel = timeout()
	silent := ask(ctx, h, imsi(3))
	s.question() // on the same connection
	cancel(ErrTimeout)
	<-silent
	var late net.Error
	if _, err := readControl(s, func() {}); err == nil || errors.As(err, &late) && late.Timeout() {
		t.Error("the silent connection goes on")
	}
}

func TestOsmoHLRIsDown(t *testing.T) {
	r := newRegister(t)
	_ = r.listener.Close()
	h := newOsmoHLR(t, r, func(c *OsmoHLRConfig) { c.LeastPause, c.MostPause = time.Hour, time.Hour })
	if _, err := h.Query(t.Context(), imsi(1)); !errors.Is(err, ErrDown) {
		t.Errorf("%v", err)
	}
	back, err := net.Listen("tcp", r.listener.Addr().String())
	if err != nil {
		t.Skipf("the port is taken: %v", err)
	}
	defer func() { _ = back.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := h.Query(ctx, imsi(1)); !errors.Is(err, ErrDown) || h.Counters().Connections != 0 {
		t.Errorf("in the pause: %v", err)
	}
}

func TestOsmoHLROutstanding(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, func(c *OsmoHLRConfig) { c.Outstanding = 1 })
	a := ask(t.Context(), h, imsi(1))
	s := r.accept()
	id, name := s.question()
	if _, err := h.Query(t.Context(), imsi(2)); !errors.Is(err, ErrDown) || !errors.Is(err, errBusy) {
		t.Errorf("beyond the limit: %v", err)
	}
	s.say(told(id, name, string(imsi(1).IMSI), ""))
	if got := <-a; got.err != nil {
		t.Error(got.err)
	}
	h.Close()
	if _, err := h.Query(t.Context(), imsi(1)); !errors.Is(err, ErrDown) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := s.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on")
	}
}

func TestRecordedConversation(t *testing.T) {
	r := newRegister(t)
	h := newOsmoHLR(t, r, nil)
	a := ask(t.Context(), h, Question{MSISDN: "46702123456"})
	s := r.accept()
	s.question()
	if _, err := s.Write(bytes.Replace(octets(t, recordedAttached), []byte("GET_REPLY 4"), []byte("GET_REPLY 1"), 1)); err != nil {
		t.Fatal(err)
	}
	if got := <-a; got.err != nil || got.location != (Location{Attached: true, IMSI: "001010000000101", SGSN: "10.23.0.2"}) {
		t.Errorf("%+v", got)
	}
}
