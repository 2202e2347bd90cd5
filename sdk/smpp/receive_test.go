package smpp

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
)

func TestHandleThenAnswer(t *testing.T) {
	release := make(chan Status)
	handled := make(chan PDU, 8)
	s, p := dialPeer(t, Config{Handle: func(_ context.Context, p PDU) Status {
		handled <- p
		return <-release
	}})
	p.write(StatusOK, 7, &DeliverSM{Source: Address{Addr: "1"}})
	p.write(StatusOK, 8, &DataSM{Source: Address{Addr: "2"}})
	p.write(StatusOK, 9, &AlertNotification{Source: Address{Addr: "3"}})
	p.write(StatusOK, 10, &EnquireLink{})
	// The reader goes on while the handler blocks, and nothing is answered before the handler is done.
	p.expect(CommandEnquireLinkResp, StatusOK)
	if d, ok := wait(t, handled).(*DeliverSM); !ok || d.Source.Addr != "1" {
		t.Errorf("handled %+v", d)
	}
	release <- StatusRxTAppn
	if h, _ := p.expect(CommandDeliverSMResp, StatusRxTAppn); h.Sequence != 7 {
		t.Errorf("%+v", h)
	}
	if d, ok := wait(t, handled).(*DataSM); !ok || d.Source.Addr != "2" {
		t.Errorf("handled %+v", d)
	}
	release <- StatusOK
	p.expect(CommandDataSMResp, StatusOK)
	if d, ok := wait(t, handled).(*AlertNotification); !ok || d.Source.Addr != "3" {
		t.Errorf("handled %+v", d)
	}
	release <- StatusOK
	until(t, "the alert is done with", func() bool { return s.Stats().Received == 0 })
	p.write(StatusOK, 11, &EnquireLink{}) // and was not answered: this is the next PDU
	p.expect(CommandEnquireLinkResp, StatusOK)
}

// A handler that submits and waits does not block the reader that must bring its response, and a deliver_sm with the sequence_number of
// a submit_sm is not its response.
func TestHandlerMaySubmit(t *testing.T) {
	var s *Session
	ready := make(chan struct{})
	called := make(results, 1)
	s, p := dialPeer(t, Config{Window: 1, Handle: func(ctx context.Context, _ PDU) Status {
		<-ready
		called <- s.Call(ctx, submit("1"), 0)
		return StatusOK
	}})
	close(ready)
	p.write(StatusOK, 2, &DeliverSM{})
	h, _ := p.expect(CommandSubmitSM, StatusOK)
	p.write(StatusOK, h.Sequence, &DeliverSM{})
	p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "m"})
	if r := called.next(t); r.MessageID() != "m" {
		t.Errorf("%+v", r)
	}
	if h, _ := p.expect(CommandDeliverSMResp, StatusOK); h.Sequence != 2 {
		t.Errorf("%+v", h)
	}
	h2, _ := p.expect(CommandSubmitSM, StatusOK)
	p.write(StatusOK, h2.Sequence, &SubmitSMResp{})
	if h3, _ := p.expect(CommandDeliverSMResp, StatusOK); h3.Sequence != h.Sequence {
		t.Errorf("%+v", h3)
	}
}

func TestWhatTheSessionAnswersItself(t *testing.T) {
	handler := func(context.Context, PDU) Status { return StatusOK }
	sm := func(p PDU) []byte {
		b, err := Append(nil, StatusOK, 5, p)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	cut := sm(&DeliverSM{ShortMessage: []byte("abc")})
	cut = append(bytes.Clone(cut[:len(cut)-2]), 0, 0)
	cut[len(cut)-4] = 200 // sm_length
	tooMany := make([]byte, 5000)
	for _, c := range []struct {
		name   string
		mode   BindMode
		handle bool
		send   []byte
		answer CommandID
		status Status
	}{
		{"unknown command", Transceiver, true, sm(&UnknownPDU{Command: 0x111, Body: []byte("x")}), CommandGenericNack, StatusInvCmdID},
		{"submit_multi, which we do not do", Transceiver, true, sm(&UnknownPDU{Command: CommandSubmitMulti}), CommandGenericNack, StatusInvCmdID},
		{"unknown command of 5000 octets", Transceiver, true, sm(&UnknownPDU{Command: 0x112, Body: tooMany}), CommandGenericNack, StatusInvCmdID},
		{"data_sm with 60,000 octets", Transceiver, true, sm(&DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 60000)}}}), CommandDataSMResp, StatusOK},
		{"a bind on a bound link", Transceiver, true, sm(&Bind{Mode: Receiver}), CommandBindReceiverResp, StatusAlyBnd},
		{"outbind on a bound link", Transceiver, true, sm(&Outbind{}), CommandGenericNack, StatusInvBndSts},
		{"submit_sm to an ESME", Transceiver, true, sm(submit("1")), CommandSubmitSMResp, StatusInvBndSts},
		{"deliver_sm to a transmitter", Transmitter, true, sm(&DeliverSM{}), CommandDeliverSMResp, StatusInvBndSts},
		{"deliver_sm that nobody handles", Transceiver, false, sm(&DeliverSM{}), CommandDeliverSMResp, StatusRxTAppn},
		{"a malformed deliver_sm", Transceiver, true, cut, CommandDeliverSMResp, StatusInvMsgLen},
		{"enquire_link", Transceiver, true, sm(&EnquireLink{}), CommandEnquireLinkResp, StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{}
			if c.handle {
				cfg.Handle = handler
			}
			s, p := dialPeerAs(t, c.mode, cfg)
			p.raw(c.send)
			if h, _ := p.expect(c.answer, c.status); h.Sequence != 5 {
				t.Errorf("%+v", h)
			}
			p.write(StatusOK, 6, &EnquireLink{}) // the link lives
			p.expect(CommandEnquireLinkResp, StatusOK)
			if s.Err() != nil {
				t.Error(s.Err())
			}
		})
	}
}

func TestAlertReachesATransmitter(t *testing.T) {
	got := make(chan PDU, 1)
	_, p := dialPeerAs(t, Transmitter, Config{Handle: func(_ context.Context, p PDU) Status { got <- p; return StatusOK }})
	p.write(StatusOK, 3, &AlertNotification{Source: Address{Addr: "46"}})
	if a, ok := wait(t, got).(*AlertNotification); !ok || a.Source.Addr != "46" {
		t.Errorf("%+v", a)
	}
}

func TestAnswers(t *testing.T) {
	requests := make(chan *Request, 8)
	s, p := acceptPeer(t, Transceiver, Config{MaxReceived: 3, Receive: func(r *Request) { requests <- r }})
	for seq := uint32(2); seq <= 5; seq++ {
		p.write(StatusOK, seq, submit("46"))
	}
	if h, _ := p.expect(CommandSubmitSMResp, StatusThrottled); h.Sequence != 5 { // MaxReceived
		t.Errorf("%+v", h)
	}
	r2, r3, r4 := wait(t, requests), wait(t, requests), wait(t, requests)
	if err := r2.Answer(StatusOK, &DataSMResp{}); err == nil {
		t.Error("data_sm_resp answered submit_sm")
	}
	var bad *EncodeError
	if err := r2.Answer(StatusOK, &SubmitSMResp{MessageID: string(make([]byte, 70))}); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
	for _, a := range []struct {
		r      *Request
		status Status
		p      PDU
	}{{r4, StatusOK, &SubmitSMResp{MessageID: "m4"}}, {r2, StatusDeliveryFailure, &SubmitSMResp{TLVs: TLVs{{TagDPFResult, []byte{1}}}}}, {r3, StatusSysErr, nil}} {
		if err := a.r.Answer(a.status, a.p); err != nil {
			t.Error(err)
		}
		if err := a.r.Answer(StatusOK, nil); !errors.Is(err, ErrAnswered) {
			t.Errorf("second answer: %v", err)
		}
	}
	if h, pdu := p.expect(CommandSubmitSMResp, StatusOK); h.Sequence != 4 || pdu.(*SubmitSMResp).MessageID != "m4" {
		t.Errorf("%+v %+v", h, pdu)
	}
	if h, pdu := p.expect(CommandSubmitSMResp, StatusDeliveryFailure); h.Sequence != 2 || len(pdu.(*SubmitSMResp).TLVs) != 1 {
		t.Errorf("%+v %+v", h, pdu)
	}
	_ = p.conn.SetReadDeadline(noDeadline)
	frame, err := p.frames.next()
	if err != nil || len(frame) != HeaderSize {
		t.Errorf("submit_sm_resp with an error status and no body of ours: %x %v", frame, err)
	}
	if st := s.Stats(); st.Received != 0 {
		t.Errorf("%+v", st)
	}
	p.write(StatusOK, 9, submit("46"))
	r9 := wait(t, requests)
	s.Close()
	if err := r9.Answer(StatusOK, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("answer after the end: %v", err)
	}
}

// Alerts that nobody answers do not use MaxReceived up.
func TestReceivedAlertsAreNotHeld(t *testing.T) {
	got := make(chan *Request, 8)
	s, p := dialPeer(t, Config{MaxReceived: 1, Receive: func(r *Request) { got <- r }})
	for seq := uint32(2); seq < 6; seq++ {
		p.write(StatusOK, seq, &AlertNotification{})
		if err := wait(t, got).Answer(StatusOK, nil); err != nil {
			t.Error(err)
		}
	}
	p.write(StatusOK, 6, &AlertNotification{})
	wait(t, got)
	p.write(StatusOK, 7, &DeliverSM{})
	if err := wait(t, got).Answer(StatusOK, nil); err != nil {
		t.Error(err)
	}
	p.expect(CommandDeliverSMResp, StatusOK)
	if st := s.Stats(); st.Received != 0 {
		t.Errorf("%+v", st)
	}
}

// An SMSC in transaction mode holds 100,000 answers and gives them backwards from many goroutines; every one reaches its request.
func TestHeldAnswers(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	var mu sync.Mutex
	held := make([]*Request, 0, n)
	all := make(chan struct{})
	server, client := sessionPair(t, Config{MaxReceived: n, Receive: func(r *Request) {
		mu.Lock()
		defer mu.Unlock()
		if held = append(held, r); len(held) == n {
			close(all)
		}
	}}, Config{Window: n})
	results := make(results, n)
	for i := range n {
		want := submit(number(i))
		err := client.Send(testContext(t), want, 0, func(r Result) {
			if r.Outcome != Accepted || r.MessageID() != want.Destination.Addr {
				t.Errorf("%s got %+v", want.Destination.Addr, r)
			}
			results <- r
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wait(t, all)
	if st := server.Stats(); st.Received != n {
		t.Errorf("%+v", st)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := n - 1 - w; i >= 0; i -= 8 {
				if err := held[i].Answer(StatusOK, &SubmitSMResp{MessageID: held[i].PDU.(*SubmitSM).Destination.Addr}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for range n {
		results.next(t)
	}
}
