package sms

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

const storing = `mode = "receipts"`

// receiptFor is a receipt as most SMSCs write it.
func receiptFor(id, stat string) *smpp.DeliverSM {
	return &smpp.DeliverSM{
		Source: smpp.Address{TON: 1, NPI: 1, Addr: number}, Destination: smpp.Address{TON: 1, NPI: 1, Addr: "46700000001"}, ESMClass: smpp.TypeSMSCReceipt,
		ShortMessage: fmt.Appendf(nil, "id:%s sub:001 dlvrd:001 submit date:2611222030 done date:2611222031 stat:%s err:000 text:hello id:9", id, stat),
	}
}

// acked checks that a receipt is acknowledged.
func acked(t *testing.T, c <-chan smpp.Result) {
	t.Helper()
	if r := receive(t, c, "acknowledgement"); r.Outcome != smpp.Accepted {
		t.Errorf("acknowledged by %+v", r)
	}
}

// numbered answers with message ids that count up from 0x1a.
func numbered() func(submission) {
	next := make(chan int, 1)
	next <- 0x1a
	return func(sub submission) {
		n := <-next
		next <- n + 1
		sub.stored(fmt.Sprintf("%x", n))
	}
}

func TestReceipts(t *testing.T) {
	parameters := func(id string) *smpp.DeliverSM {
		return &smpp.DeliverSM{
			Source: smpp.Address{Addr: "+" + number}, ESMClass: smpp.TypeSMSCReceipt, ShortMessage: []byte("id:0 stat:UNDELIV"),
			TLVs: smpp.TLVs{
				{Tag: smpp.TagReceiptedMessageID, Value: []byte(id + "\x00")}, {Tag: smpp.TagMessageState, Value: []byte{byte(smpp.StateDelivered)}},
			},
		}
	}
	text := func(id string) *smpp.DeliverSM { return receiptFor(id, "DELIVRD") }
	for _, tt := range []struct {
		name    string
		config  string
		receipt func(id string) *smpp.DeliverSM
		ids     [3]string // the receipts' for 1a, 1b, 1c
	}{
		{"by text", "", text, [3]string{"1a", "1b", "1c"}},
		{"by parameters", "", parameters, [3]string{"1a", "1b", "1c"}},
		{"capitals and zeros", "", text, [3]string{"0000001A", "001B", "1C"}},
		{"decimal", "", text, [3]string{"26", "27", "0028"}},
		{"decimal, by parameters", "", parameters, [3]string{"26", "27", "28"}},
		{"decimal, as configured", `message_id = "hex_to_dec"`, text, [3]string{"26", "27", "28"}},
		{"the same, as configured", `message_id = "same"`, text, [3]string{"1a", "1b", "1c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, numbered())
			_, g := start(t, s, storing+"\n"+tt.config)
			d := deliveryOf("d", number, 3)
			g.deliver(d)
			var subs []submission
			for i := range 3 {
				sub := s.next()
				subs = append(subs, sub)
				if sub.ESMClass != 0x43 || sub.RegisteredDelivery != 1 || sub.ValidityPeriod != "000000000010000R" && sub.ValidityPeriod != "000000000009000R" {
					t.Errorf("segment %d: %+v", i+1, sub.SubmitSM)
				}
			}
			if p := read(t, subs...); !bytes.Equal(p.Data, d.Message.Body) {
				t.Error("the terminal read something else")
			}
			for _, i := range []int{2, 0, 1} {
				if len(g.results) > 0 {
					t.Error("a result before the last receipt")
				}
				acked(t, s.deliver(t, tt.receipt(tt.ids[i])))
			}
			g.want("d", push.OutcomeDelivered)
			acked(t, s.deliver(t, tt.receipt(tt.ids[0]))) // once more
		})
	}
}

func TestReceiptsOfASingleSegment(t *testing.T) {
	s := startSMSC(t, func(sub submission) { sub.stored("77") })
	_, g := start(t, s, storing+"\nstore_mode = \"default\"")
	g.deliver(deliveryOf("d", number, 1))
	if sub := s.next(); sub.ESMClass != 0x40 {
		t.Errorf("esm_class %#x", sub.ESMClass)
	}
	acked(t, s.deliver(t, receiptFor("77", "ENROUTE")))
	acked(t, s.deliver(t, receiptFor("4d", "DELIVRD"))) // decimal in the answer, hexadecimal in the receipt
	g.want("d", push.OutcomeDelivered)
}

// A receipt that comes before the answer, on whose way it depends, is not lost.
func TestReceiptBeforeTheAnswer(t *testing.T) {
	s := startSMSC(t, func(submission) {})
	_, g := start(t, s, storing)
	g.deliver(deliveryOf("d", number, 1))
	sub := s.next()
	ack := s.deliver(t, receiptFor("5", "DELIVRD"))
	other := s.deliver(t, receiptFor("6", "DELIVRD"))
	sub.stored("05")
	g.want("d", push.OutcomeDelivered)
	acked(t, ack)
	if len(other) > 0 {
		t.Error("a receipt that may be awaited soon is acknowledged already")
	}
}

// The SMSC may forget a receipt when the gateway has what it says on disk, and not before.
func TestReceiptIsAcknowledgedWhenItIsOnDisk(t *testing.T) {
	s := startSMSC(t, func(sub submission) { sub.stored("5") })
	p, g := start(t, s, storing)
	g.mu.Lock()
	g.held = true
	g.mu.Unlock()
	g.deliver(deliveryOf("d", number, 1))
	receive(t, g.tokens, "the token with the id")
	ack := s.deliver(t, receiptFor("5", "DELIVRD"))
	tok, ok := parseToken(receive(t, g.tokens, "the token with the receipt").token)
	if !ok || tok.stored == nil || tok.stored.segments[0] != (storedSegment{smpp.StateDelivered, "5"}) {
		t.Errorf("token %+v, %v", tok, ok)
	}
	p.Stored("d", 1) // the earlier one
	if len(ack) > 0 || len(g.results) > 0 {
		t.Error("acknowledged before it is stored")
	}
	p.Stored("d", 2)
	acked(t, ack)
	g.want("d", push.OutcomeDelivered)
}

// After a restart the gateway hands the push over again with its token; its receipt, which may come first, finds it, and nothing is
// sent twice.
func TestReceiptsAfterARestart(t *testing.T) {
	for _, first := range []string{"the push", "the receipt"} {
		t.Run(first+" comes first", func(t *testing.T) {
			s := startSMSC(t, numbered())
			p, g := start(t, s, storing)
			d := deliveryOf("d", number, 2)
			g.deliver(d)
			s.next()
			s.next()
			receive(t, g.tokens, "the token before")
			tok, ok := parseToken(receive(t, g.tokens, "the token with the ids").token)
			if !ok || tok.stored == nil || tok.stored.segments[1].id != "1b" {
				t.Fatalf("token %+v, %v", tok.stored, ok)
			}
			acked(t, s.deliver(t, receiptFor("1a", "DELIVRD")))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			p.Drain(ctx)
			r := g.result()
			if !r.outcome.IsReturned() {
				t.Fatalf("outcome %+v", r.outcome)
			}
			binds := s.bound()
			_, again := start(t, s, storing)
			eventually(t, "the SMSC has the session", func() bool { return s.bound() > binds })
			d.ID, d.Token = "again", r.token
			var ack <-chan smpp.Result
			if first == "the receipt" {
				ack = s.deliver(t, receiptFor("27", "DELIVRD"))
				again.deliver(d)
			} else {
				again.deliver(d)
				ack = s.deliver(t, receiptFor("27", "DELIVRD"))
			}
			acked(t, ack)
			again.want("again", push.OutcomeDelivered)
			s.nothing()
		})
	}
}

func TestReceiptsThatSayNo(t *testing.T) {
	s := startSMSC(t, numbered())
	_, g := start(t, s, storing)
	d := deliveryOf("d", number, 3)
	g.deliver(d)
	for range 3 {
		s.next()
	}
	acked(t, s.deliver(t, receiptFor("1a", "DELIVRD")))
	acked(t, s.deliver(t, receiptFor("1b", "UNDELIV")))
	o := g.want("d", push.OutcomeRefused).outcome
	if o.Code != 4000 || !strings.Contains(o.Text, "1 of its 3 parts arrived") || o.Cause != "segment 2 of 3: message_state 5 UNDELIVERABLE, err:000" {
		t.Errorf("outcome %+v", o)
	}
	acked(t, s.deliver(t, receiptFor("1c", "DELIVRD")))
}

// A retry of what failed sends the segment that failed, under the same reference, and waits for the others.
func TestRetryAfterAReceiptThatSaysNotNow(t *testing.T) {
	s := startSMSC(t, numbered())
	_, g := start(t, s, storing)
	d := deliveryOf("d", number, 2)
	g.deliver(d)
	first := s.next()
	s.next()
	no := receiptFor("1b", "EXPIRED")
	no.TLVs = smpp.TLVs{gsm(27)}
	acked(t, s.deliver(t, no))
	r := g.want("d", push.OutcomeUnreachable)
	d.ID, d.Token = "again", r.token
	g.deliver(d)
	sub := s.next()
	if c := sub.header.Concatenation; c.Sequence != 2 || c.Reference != first.header.Concatenation.Reference {
		t.Errorf("sent again: %+v", c)
	}
	acked(t, s.deliver(t, receiptFor("1a", "DELIVRD")))
	acked(t, s.deliver(t, receiptFor("1c", "DELIVRD")))
	g.want("again", push.OutcomeDelivered)
	s.nothing()
}

// Without a receipt in time nobody knows. Another start waits on while the SMSC has the message, and sends it again after that.
func TestNoReceiptInTime(t *testing.T) {
	s := startSMSC(t, numbered())
	p, g := start(t, s, storing+"\nreceipt_timeout = \"1h\"")
	d := deliveryOf("d", number, 2)
	d.Timeout = 300 * time.Millisecond
	g.deliver(d)
	r := g.want("d", push.OutcomeUnknown)
	if r.outcome.Cause != "no receipt came in time: receipts of 0 of 2 segments" {
		t.Errorf("outcome %+v", r.outcome)
	}
	first := s.next()
	s.next()
	tok, ok := parseToken(r.token)
	if !ok {
		t.Fatal("no token")
	}
	tok.stored.until = p.now().Add(time.Minute).Unix()
	d.ID, d.Token, d.Timeout = "waits", tok.octets(), patience
	g.deliver(d)
	acked(t, s.deliver(t, receiptFor("1a", "DELIVRD")))
	acked(t, s.deliver(t, receiptFor("1b", "DELIVRD")))
	g.want("waits", push.OutcomeDelivered)
	s.nothing()
	tok.stored.until = p.now().Add(-time.Second).Unix()
	d.ID, d.Token = "again", tok.octets()
	g.deliver(d)
	for i := range 2 {
		if c := s.next().header.Concatenation; int(c.Sequence) != i+1 || c.Reference != first.header.Concatenation.Reference {
			t.Errorf("sent again: %+v", c)
		}
	}
	acked(t, s.deliver(t, receiptFor("1d", "DELIVRD")))
	acked(t, s.deliver(t, receiptFor("1c", "DELIVRD")))
	g.want("again", push.OutcomeDelivered)
}

func TestWithoutReceipts(t *testing.T) {
	s := startSMSC(t, numbered())
	_, g := start(t, s, storing+"\nregistered_delivery = false")
	for i, segments := range []int{1, 3} {
		id := fmt.Sprint(i)
		g.deliver(deliveryOf(id, number, segments))
		g.want(id, push.OutcomeAccepted)
		for range segments {
			if sub := s.next(); sub.RegisteredDelivery != 0 {
				t.Errorf("registered_delivery %d", sub.RegisteredDelivery)
			}
		}
	}
}

func TestStoringFails(t *testing.T) {
	s := startSMSC(t, func(sub submission) {
		if sub.sequence() == 2 {
			sub.answer(smpp.StatusInvDstAdr)
		} else {
			sub.stored("1")
		}
	})
	_, g := start(t, s, storing)
	g.deliver(deliveryOf("d", number, 3))
	if o := g.want("d", push.OutcomeRefused).outcome; o.Code != 2003 || strings.Contains(o.Text, "arrived") {
		t.Errorf("outcome %+v: a segment that is stored has not arrived", o)
	}
}

func TestCancelWhatWaitsForReceipts(t *testing.T) {
	s := startSMSC(t, numbered())
	p, g := start(t, s, storing)
	g.deliver(deliveryOf("d", number, 1))
	receive(t, g.tokens, "the token with the id")
	p.Cancel("d")
	g.want("d", push.OutcomeUnknown)
	if len(p.book.byID)+len(p.book.waits) > 0 {
		t.Errorf("left: %v %v", p.book.byID, p.book.waits)
	}
}

// Receipts of nobody are acknowledged when nobody can be expected any more, and told in one line.
func TestStrayReceipts(t *testing.T) {
	s := startSMSC(t, nil)
	p, _ := start(t, s, "")
	p.now = func() time.Time { return p.start.Add(startTime) } // it has been up for long
	for i := range 20 {
		acked(t, s.deliver(t, receiptFor(fmt.Sprint(i), "DELIVRD")))
	}
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	if p.book.strays.total != 20 || p.book.strays.told != 1 {
		t.Errorf("strays %+v", p.book.strays)
	}
}

// Where a push was begun in transaction mode, the missing segments go on in the mode of today, under the same reference.
func TestReceiptsOfWhatWasBegunInTransactionMode(t *testing.T) {
	s := startSMSC(t, func(sub submission) {
		if sub.sequence() == 1 {
			sub.ok()
		} else {
			sub.answer(smpp.StatusSysErr)
		}
	})
	_, g := start(t, s, `window = "300ms"`)
	d := deliveryOf("d", number, 2)
	g.deliver(d)
	r := g.want("d", push.OutcomeFailedForNow)
	first := s.next()
	for len(s.submit) > 0 {
		s.next()
	}
	s.answerBy(func(sub submission) { sub.stored("abc") })
	binds := s.bound()
	_, now := start(t, s, storing)
	eventually(t, "the SMSC has the session", func() bool { return s.bound() > binds })
	d.ID, d.Token = "again", r.token
	now.deliver(d)
	sub := s.next()
	if c := sub.header.Concatenation; sub.ESMClass != 0x43 || c.Sequence != 2 || c.Reference != first.header.Concatenation.Reference {
		t.Errorf("segment %+v, esm_class %#x", c, sub.ESMClass)
	}
	acked(t, s.deliver(t, receiptFor("abc", "DELIVRD")))
	now.want("again", push.OutcomeDelivered)
	s.nothing()
}
