package handset

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// startStoreForward starts an SMSC that stores, in front of an MSC. It is over when the test is.
func startStoreForward(t *testing.T, s *StoreForward, radio Radio, air events) string {
	t.Helper()
	s.MSC, _ = start(t, &SMSC{Radio: radio, Terminals: NewTerminals(air.add)})
	if s.Report == nil {
		s.Report = newEvents().add
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// esme binds and collects receipts. A status that is not 0 is answered to the first one.
func esme(t *testing.T, address string, mode smpp.BindMode, first smpp.Status) (*smpp.Session, chan *smpp.DeliverSM) {
	t.Helper()
	receipts := make(chan *smpp.DeliverSM, 100)
	answer := first
	cfg := smpp.ClientConfig{}
	cfg.Handle = func(_ context.Context, p smpp.PDU) smpp.Status {
		if d, ok := p.(*smpp.DeliverSM); ok {
			receipts <- d
		}
		status := answer
		answer = smpp.StatusOK
		return status
	}
	s, err := smpp.Dial(t.Context(), address, smpp.Bind{Mode: mode, SystemID: "ppgbox"}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		<-s.Done()
	})
	return s, receipts
}

func nextReceipt(t *testing.T, receipts chan *smpp.DeliverSM) *smpp.DeliverSM {
	t.Helper()
	select {
	case r := <-receipts:
		return r
	case <-time.After(patience):
		t.Fatal("no receipt")
		return nil
	}
}

// until returns the next event of a kind; others go by.
func (e events) until(t *testing.T, want What) Event {
	t.Helper()
	for {
		select {
		case x := <-e:
			if x.What == want {
				return x
			}
		case <-time.After(patience):
			t.Fatalf("no event %s", want)
		}
	}
}

func TestStoreForward(t *testing.T) {
	air := newEvents()
	s := &StoreForward{Retry: []time.Duration{time.Millisecond}, Validity: time.Hour}
	address := startStoreForward(t, s, Radio{Loss: func(t Try) bool { return t.Segment == 1 && t.Number < 4 }}, air)
	session, receipts := esme(t, address, smpp.Transceiver, smpp.StatusOK)
	ids := map[string]bool{}
	for _, segment := range segments(t) {
		p := submit(segment, smpp.ModeDefault)
		p.RegisteredDelivery = smpp.ReceiptAlways
		r := session.Call(t.Context(), p, patience)
		if r.Outcome != smpp.Accepted || r.MessageID() == "" {
			t.Fatalf("got %+v", r)
		}
		ids[r.MessageID()] = true
	}
	if e := air.until(t, Shown); e.Content.Kind != ServiceIndication || e.To != "358401234567" || e.From != "1234" {
		t.Errorf("shown: %+v", e)
	}
	for range 2 {
		r := nextReceipt(t, receipts)
		id, _ := r.TLVs.CString(smpp.TagReceiptedMessageID)
		state, _, _ := r.TLVs.Uint(smpp.TagMessageState)
		if !ids[id] || state != uint32(smpp.StateDelivered) || r.ESMClass != smpp.TypeSMSCReceipt || r.Source.Addr != "358401234567" || r.Destination.Addr != "1234" {
			t.Errorf("receipt %+v for %v", r, ids)
		}
		delete(ids, id)
		for _, want := range []string{"id:" + id + " ", " dlvrd:001 ", " stat:DELIVRD ", " err:000 "} {
			if !strings.Contains(string(r.ShortMessage), want) {
				t.Errorf("receipt %q has no %q", r.ShortMessage, want)
			}
		}
	}
}

// The answer comes before the radio has done anything; the pauses are those of the schedule, the last one again and again.
func TestStoreForwardSchedule(t *testing.T) {
	air := newEvents()
	pauses := []time.Duration{20 * time.Millisecond, 60 * time.Millisecond}
	s := &StoreForward{Retry: pauses, Validity: time.Hour}
	address := startStoreForward(t, s, Radio{Loss: func(t Try) bool { return t.Number < 4 }}, air)
	session, _ := esme(t, address, smpp.Transmitter, smpp.StatusOK)
	if r := session.Call(t.Context(), submit(segments(t)[0], smpp.ModeStoreAndForward), patience); r.Outcome != smpp.Accepted {
		t.Fatalf("got %+v", r)
	}
	last := air.until(t, Lost).Time
	for i, want := range []time.Duration{pauses[0], pauses[1], pauses[1]} {
		what := Lost
		if i == 2 {
			what = Arrived
		}
		e := air.until(t, what)
		if took := e.Time.Sub(last); took < want {
			t.Errorf("pause %d: %v, want %v", i+1, took, want)
		}
		last = e.Time
	}
}

func TestStoreForwardEnds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		validity time.Duration
		asked    string
		register smpp.RegisteredDelivery
		loss     bool
		want     string // state in the receipt; none: there is none
	}{
		{"validity over", 30 * time.Millisecond, "", smpp.ReceiptAlways, true, "EXPIRED"},
		{"validity asked for", time.Hour, "000000000000100R", smpp.ReceiptAlways, true, "EXPIRED"},
		{"failures only, failed", 30 * time.Millisecond, "", smpp.ReceiptOnFailure, true, "EXPIRED"},
		{"failures only, arrived", time.Hour, "", smpp.ReceiptOnFailure, false, ""},
		{"none wanted", time.Hour, "", smpp.ReceiptNone, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			air := newEvents()
			s := &StoreForward{Retry: []time.Duration{10 * time.Millisecond}, Validity: tt.validity}
			// The second SMS always arrives and wants a receipt, so that one for the first would be there before it.
			address := startStoreForward(t, s, Radio{Loss: func(try Try) bool { return tt.loss && try.Terminal == "358401234567" }}, air)
			session, receipts := esme(t, address, smpp.Transceiver, smpp.StatusOK)
			p := submit(segments(t)[0], smpp.ModeDefault)
			p.RegisteredDelivery, p.ValidityPeriod = tt.register, tt.asked
			r := session.Call(t.Context(), p, patience)
			if r.Outcome != smpp.Accepted {
				t.Fatalf("got %+v", r)
			}
			if tt.want != "" {
				if got := nextReceipt(t, receipts); !strings.Contains(string(got.ShortMessage), " stat:"+tt.want+" ") {
					t.Errorf("receipt %q", got.ShortMessage)
				}
				return
			}
			air.until(t, Arrived)
			p.Destination.Addr, p.RegisteredDelivery = "358409999999", smpp.ReceiptAlways
			second := session.Call(t.Context(), p, patience)
			if id, _ := nextReceipt(t, receipts).TLVs.CString(smpp.TagReceiptedMessageID); id != second.MessageID() {
				t.Errorf("a receipt for %s, first was %s, second %s", id, r.MessageID(), second.MessageID())
			}
		})
	}
}

// A receipt waits for an ESME that can take it, and comes again when it was not taken.
func TestReceiptIsKept(t *testing.T) {
	air := newEvents()
	s := &StoreForward{Retry: []time.Duration{time.Millisecond}, Validity: time.Hour}
	address := startStoreForward(t, s, Radio{}, air)
	transmitter, _ := esme(t, address, smpp.Transmitter, smpp.StatusOK)
	p := submit(segments(t)[0], smpp.ModeDefault)
	p.RegisteredDelivery = smpp.ReceiptAlways
	if r := transmitter.Call(t.Context(), p, patience); r.Outcome != smpp.Accepted {
		t.Fatalf("got %+v", r)
	}
	air.until(t, Arrived)
	_, receipts := esme(t, address, smpp.Receiver, smpp.StatusRxTAppn)
	first, second := nextReceipt(t, receipts), nextReceipt(t, receipts)
	if string(first.ShortMessage) != string(second.ShortMessage) {
		t.Errorf("first %q, then %q", first.ShortMessage, second.ShortMessage)
	}
}

func TestStoreForwardRefuses(t *testing.T) {
	address := startStoreForward(t, &StoreForward{Retry: []time.Duration{time.Second}, Validity: time.Hour}, Radio{}, newEvents())
	session, _ := esme(t, address, smpp.Transceiver, smpp.StatusOK)
	wrong := submit([]byte{0}, smpp.ModeDefault)
	wrong.ValidityPeriod = "0000000000001000"
	for _, tt := range []struct {
		name string
		pdu  smpp.PDU
		want smpp.Status
	}{
		{"transaction mode", submit([]byte{0}, smpp.ModeTransaction), smpp.StatusInvESMClass},
		{"too long", submit(make([]byte, 141), smpp.ModeDefault), smpp.StatusInvMsgLen},
		{"validity", wrong, smpp.StatusInvExpiry},
		{"data_sm", &smpp.DataSM{Destination: smpp.Address{Addr: "1"}}, smpp.StatusInvCmdID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := session.Call(t.Context(), tt.pdu, patience); r.Status != tt.want {
				t.Errorf("got %+v, want %v", r, tt.want)
			}
		})
	}
}
