package sms

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestAlert(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(sub submission) { sub.answer(smpp.StatusDeliveryFailure, gsm(27)) })
	_, g := start(t, s, "")
	d := deliveryOf("d", number, 1)
	d.Timeout = time.Minute
	g.deliver(d)
	for range 4 { // the next pause is longer than a second
		s.next()
	}
	s.answerBy(nil)
	began := time.Now()
	for _, a := range []*smpp.AlertNotification{
		{Source: smpp.Address{TON: 1, NPI: 1, Addr: number}, TLVs: smpp.TLVs{{Tag: smpp.TagMSAvailabilityStatus, Value: []byte{2}}}},
		{Source: smpp.Address{NPI: smpp.NPILandMobile, Addr: "244051234567890"}},
		{Source: smpp.Address{TON: 1, NPI: 1, Addr: number}, TLVs: smpp.TLVs{{Tag: smpp.TagMSAvailabilityStatus, Value: []byte{0}}}},
	} {
		s.mu.Lock()
		ss := s.sessions[0]
		s.mu.Unlock()
		if err := ss.Notify(a); err != nil {
			t.Fatal(err)
		}
	}
	e := receive(t, g.events, "event")
	if e.Kind != push.EventReachable || e.Terminal.MSISDN != number || e.Terminal.Address.String() != "PLMN:+"+number {
		t.Errorf("event %+v", e)
	}
	g.want("d", push.OutcomeDelivered)
	if took := time.Since(began); took > time.Second {
		t.Errorf("sent again after %v", took)
	}
	if n := len(g.events); n != 0 {
		t.Errorf("%d more events", n)
	}
}

func TestReceiptsAreAcknowledged(t *testing.T) {
	s := startSMSC(t, nil)
	p, _ := start(t, s, "")
	p.now = func() time.Time { return p.start.Add(startTime) } // what was begun before the start has been handed over
	s.mu.Lock()
	ss := s.sessions[0]
	s.mu.Unlock()
	for _, pdu := range []smpp.PDU{
		&smpp.DeliverSM{ESMClass: smpp.TypeSMSCReceipt, ShortMessage: []byte("id:1 stat:DELIVRD")},
		&smpp.DataSM{},
	} {
		if r := ss.Call(t.Context(), pdu, patience); r.Outcome != smpp.Accepted {
			t.Errorf("%v: %+v", pdu.CommandID(), r)
		}
	}
}
