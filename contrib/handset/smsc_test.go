package handset

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

const patience = 5 * time.Second

// events collects what is reported.
type events chan Event

func newEvents() events { return make(events, 1000) }

func (e events) add(x Event) { e <- x }

// next returns the next event, which must be of this kind.
func (e events) next(t *testing.T, want What) Event {
	t.Helper()
	select {
	case x := <-e:
		if x.What != want || x.Time.IsZero() {
			t.Fatalf("got %+v, want %s", x, want)
		}
		return x
	case <-time.After(patience):
		t.Fatalf("no event, want %s", want)
	}
	return Event{}
}

// start starts an SMSC and returns its address. It is over when the test is.
func start(t *testing.T, s *SMSC) (address string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	over := false
	stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("the SMSC does not stop")
		}
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func bind(t *testing.T, address string) *smpp.Session {
	t.Helper()
	s, err := smpp.Dial(t.Context(), address, smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppgbox"}, smpp.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		<-s.Done()
	})
	return s
}

// segments are those of the WAP-167 example with a longer text, two of them.
func segments(t *testing.T) [][]byte {
	t.Helper()
	pdu := unhex(t, siPDU)
	text := slices.Index(pdu, 'Y')
	pdu = slices.Concat(pdu[:text], []byte(strings.Repeat("Hear! ", 20)), pdu[text:])
	list, err := wdp.Segment(pdu, wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}, wdp.Reference{Number: 7})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d segments, %v", len(list), err)
	}
	return list
}

func submit(userData []byte, mode smpp.ESMClass) *smpp.SubmitSM {
	return &smpp.SubmitSM{
		Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: "358401234567"},
		ESMClass: mode | smpp.FeatureUDHI, DataCoding: smpp.DataCodingWAPClass, ShortMessage: userData,
	}
}

// loseFirst loses the first try of a segment.
func loseFirst(segment int) Loss {
	return func(t Try) bool { return t.Segment == segment && t.Number == 1 }
}

func TestTransactionMode(t *testing.T) {
	got := newEvents()
	address, stop := start(t, &SMSC{Radio: Radio{Delay: time.Millisecond, Loss: loseFirst(2)}, Terminals: NewTerminals(got.add)})
	session := bind(t, address)
	if e := got.next(t, Bound); e.From != "ppgbox" || !strings.Contains(e.Detail, "bind_transceiver") {
		t.Errorf("bound: %+v", e)
	}
	list := segments(t)
	call := func(segment []byte) smpp.Result {
		t.Helper()
		return session.Call(t.Context(), submit(segment, smpp.ModeTransaction), patience)
	}
	if r := call(list[0]); r.Outcome != smpp.Accepted || r.MessageID() == "" {
		t.Fatalf("segment 1: %+v", r)
	}
	if e := got.next(t, Arrived); e.Try != (Try{Terminal: "358401234567", Segment: 1, Of: 2, Number: 1, Nth: 1}) || e.To != "358401234567" || e.From != "1234" {
		t.Errorf("segment 1: %+v", e)
	}

	r := call(list[1])
	network, _, _ := r.TLVs().NetworkError()
	reason, _, _ := r.TLVs().Uint(smpp.TagDeliveryFailureReason)
	if r.Outcome != smpp.Refused || r.Status != smpp.StatusDeliveryFailure || reason != uint32(smpp.FailureTemporaryNetworkError) || network.Type != smpp.NetworkGSM {
		t.Fatalf("segment 2, lost: %+v", r)
	}
	if (smpp.Classifier{}).Class(r.Status, r.TLVs()) != smpp.ClassTemporary {
		t.Error("the failure does not read as a temporary one")
	}
	got.next(t, Lost)

	if r := call(list[1]); r.Outcome != smpp.Accepted {
		t.Fatalf("segment 2, again: %+v", r)
	}
	if e := got.next(t, Arrived); e.Try != (Try{Terminal: "358401234567", Segment: 2, Of: 2, Number: 2, Nth: 3}) {
		t.Errorf("segment 2, again: %+v", e)
	}
	e := got.next(t, Shown)
	if e.Content.Kind != ServiceIndication || e.Content.Text != strings.Repeat("Hear! ", 20)+"You have 4 new emails" || e.Content.Link != "http://www.xyz.com/email/123/abc.wml" {
		t.Errorf("shown: %+v", e.Content)
	}
	stop()
	if e := got.next(t, Unbound); e.Detail != "" {
		t.Errorf("unbound: %+v", e)
	}
}

// In the other modes the answer says nothing about the radio.
func TestAnsweredAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name string
		mode smpp.ESMClass
		want []What
	}{
		{"default", smpp.ModeDefault, []What{Lost, Arrived, Shown}},
		{"store and forward", smpp.ModeStoreAndForward, []What{Lost, Arrived, Shown}},
		{"datagram", smpp.ModeDatagram, []What{Lost}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, on := newEvents(), make(chan struct{})
			loss := func(try Try) bool {
				<-on
				return try.Number == 1
			}
			address, stop := start(t, &SMSC{Radio: Radio{Loss: loss}, Terminals: NewTerminals(got.add)})
			session := bind(t, address)
			got.next(t, Bound)
			single, err := wdp.Segment(unhex(t, siPDU), wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}, wdp.Reference{})
			if err != nil {
				t.Fatal(err)
			}
			r := session.Call(t.Context(), submit(single[0], tt.mode), patience) // the radio still waits
			close(on)
			if r.Outcome != smpp.Accepted {
				t.Fatalf("got %+v", r)
			}
			for _, want := range tt.want {
				got.next(t, want)
			}
			stop()
			got.next(t, Unbound)
		})
	}
}

func TestDataSM(t *testing.T) {
	got := newEvents()
	address, _ := start(t, &SMSC{Radio: Radio{Loss: loseFirst(1)}, Terminals: NewTerminals(got.add)})
	session := bind(t, address)
	got.next(t, Bound)
	p := &smpp.DataSM{Destination: smpp.Address{Addr: "358401234567"}, ESMClass: smpp.ModeTransaction, DataCoding: smpp.DataCodingASCII}
	if err := p.TLVs.Add(smpp.TagMessagePayload, []byte("Hello")); err != nil {
		t.Fatal(err)
	}
	if r := session.Call(t.Context(), p, patience); r.Status != smpp.StatusDeliveryFailure || len(r.TLVs()) != 2 {
		t.Errorf("lost: %+v", r)
	}
	if r := session.Call(t.Context(), p, patience); r.Outcome != smpp.Accepted || r.MessageID() == "" {
		t.Errorf("again: %+v", r)
	}
	got.next(t, Lost)
	got.next(t, Arrived)
	if c := got.next(t, Shown).Content; c.Kind != PlainText || c.Text != "Hello" {
		t.Errorf("shown: %+v", c)
	}
}

func TestRefused(t *testing.T) {
	got := newEvents()
	address, _ := start(t, &SMSC{Terminals: NewTerminals(got.add)})
	session := bind(t, address)
	got.next(t, Bound)
	nobody := submit([]byte{0}, smpp.ModeTransaction)
	nobody.Destination.Addr = ""
	for _, tt := range []struct {
		name string
		pdu  smpp.PDU
		want smpp.Status
	}{
		{"too long", submit(make([]byte, 141), smpp.ModeTransaction), smpp.StatusInvMsgLen},
		{"no destination", nobody, smpp.StatusInvDstAdr},
		{"query_sm", &smpp.QuerySM{MessageID: "1"}, smpp.StatusInvCmdID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := session.Call(t.Context(), tt.pdu, patience); r.Status != tt.want {
				t.Errorf("got %+v, want %v", r, tt.want)
			}
			got.next(t, Refused)
		})
	}
}

func TestAuthenticate(t *testing.T) {
	got := newEvents()
	address, _ := start(t, &SMSC{SystemID: "me", Password: "secret", Terminals: NewTerminals(got.add)})
	for _, tt := range []struct {
		name, systemID, password string
		want                     smpp.Status
	}{
		{"right", "me", "secret", smpp.StatusOK},
		{"somebody else", "you", "secret", smpp.StatusInvSysID},
		{"wrong password", "me", "guess", smpp.StatusInvPaswd},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := smpp.Dial(t.Context(), address, smpp.Bind{Mode: smpp.Transmitter, SystemID: tt.systemID, Password: tt.password}, smpp.ClientConfig{})
			status := smpp.StatusOK
			var refused *smpp.BindError
			if err == nil {
				got.next(t, Bound)
				s.Close()
				<-s.Done()
				if e := got.next(t, Unbound); e.Detail == "" {
					t.Error("a link that broke is reported like one in order")
				}
			} else {
				got.next(t, Refused)
				if !errors.As(err, &refused) {
					t.Fatal(err)
				}
				status = refused.Status
			}
			if status != tt.want {
				t.Errorf("got %v, want %v", status, tt.want)
			}
		})
	}
}
