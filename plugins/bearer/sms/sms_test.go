package sms

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

func TestDeliver(t *testing.T) {
	for _, tt := range []struct {
		name     string
		segments int
		config   string
		wide     bool
	}{
		{"one segment", 1, "", false},
		{"two segments", 2, "", false},
		{"three segments", 3, "", false},
		{"three segments, 16-bit references", 3, "reference_bits = 16", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, nil)
			_, g := start(t, s, tt.config)
			d := deliveryOf("d", number, tt.segments)
			g.deliver(d)
			g.want("d", push.OutcomeDelivered)
			var subs []submission
			for i := range tt.segments {
				sub := s.next()
				subs = append(subs, sub)
				if sub.sequence() != i+1 {
					t.Errorf("segment %d at place %d", sub.sequence(), i+1)
				}
				if c := sub.header.Concatenation; (c != nil) != (tt.segments > 1) || c != nil && c.Reference.Wide != tt.wide {
					t.Errorf("concatenation %+v", c)
				}
				more, there := sub.TLVs.Get(smpp.TagMoreMessagesToSend)
				if last := i == tt.segments-1; there == last || there && !bytes.Equal(more, []byte{1}) {
					t.Errorf("segment %d: more_messages_to_send % x", i+1, more)
				}
				got := *sub.SubmitSM
				got.ShortMessage, got.TLVs = nil, nil
				if want := (smpp.SubmitSM{
					Source:      smpp.Address{TON: 1, NPI: 1, Addr: "46700000001"},
					Destination: smpp.Address{TON: 1, NPI: 1, Addr: number}, ESMClass: 0x42, DataCoding: 0xF5,
				}); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
					t.Errorf("submit_sm %+v, want %+v", got, want)
				}
			}
			s.nothing()
			p := read(t, subs...)
			if p.Confirmed || p.ContentType != d.Message.ContentType || !bytes.Equal(p.Data, d.Message.Body) {
				t.Errorf("the terminal read %+v", p)
			}
			if len(p.Headers) != 1 || p.Headers[0].Name != "X-Wap-Application-Id" {
				t.Errorf("headers on the air: %+v", p.Headers)
			}
			if got := len(g.tokens); got > 1 || tt.segments == 1 && got > 0 {
				t.Errorf("%d tokens", got)
			}
		})
	}
}

// A push of one SMS that starts again is the same SMS, octet for octet, whatever was sent in between and whichever process sends it.
// (In mode delegate its identity must be the same, too: TestDelegate.)
func TestSameSMSWhenStartedAgain(t *testing.T) {
	for _, tt := range []struct {
		mode string
		end  push.OutcomeKind
	}{{"integrated", push.OutcomeDelivered}, {"receipts", push.OutcomeAccepted}} {
		t.Run(tt.mode, func(t *testing.T) {
			s := startSMSC(t, nil)
			sent := func(g *gateway, id, pushID string) []byte {
				d := deliveryOf("body", number, 1)
				d.ID, d.PushID = id, pushID
				g.deliver(d)
				g.want(id, tt.end)
				return s.next().ShortMessage
			}
			config := "mode = \"" + tt.mode + "\"\nregistered_delivery = false\n"
			_, g := start(t, s, config)
			first := sent(g, "first", "push")
			other := sent(g, "other", "another push")
			again := sent(g, "again", "push")
			_, g = start(t, s, config)
			later := sent(g, "later", "push")
			if !bytes.Equal(again, first) || !bytes.Equal(later, first) {
				t.Errorf("first % x\nagain % x\nlater % x", first, again, later)
			}
			if bytes.Equal(other, first) {
				t.Error("another push is the same SMS")
			}
		})
	}
}

func TestSegmentLostAndSentAgain(t *testing.T) {
	t.Parallel()
	lost := 0
	s := startSMSC(t, nil)
	s.answerBy(func(sub submission) {
		if sub.sequence() == 2 && lost < 2 {
			lost++
			sub.answer(smpp.StatusDeliveryFailure, reason(smpp.FailureTemporaryNetworkError))
			return
		}
		sub.ok()
	})
	_, g := start(t, s, "")
	d := deliveryOf("d", number, 3)
	g.deliver(d)
	g.want("d", push.OutcomeDelivered)
	var subs []submission
	for i, want := range []int{1, 2, 2, 2, 3} {
		sub := s.next()
		subs = append(subs, sub)
		if sub.sequence() != want || sub.header.Concatenation.Reference != subs[0].header.Concatenation.Reference {
			t.Errorf("submission %d: %+v", i, sub.header.Concatenation)
		}
	}
	s.nothing()
	if p := read(t, subs...); !bytes.Equal(p.Data, d.Message.Body) {
		t.Error("the terminal read something else")
	}
}

func TestPermanentFailureEndsAtOnce(t *testing.T) {
	s := startSMSC(t, func(sub submission) { sub.answer(smpp.StatusInvDstAdr) })
	_, g := start(t, s, "")
	g.deliver(deliveryOf("d", number, 3))
	r := g.want("d", push.OutcomeRefused)
	if r.outcome.Code != 2003 {
		t.Errorf("outcome %+v", r.outcome)
	}
	s.next()
	s.nothing()
}

func TestWindowEnd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		tlvs []smpp.TLV
		kind push.OutcomeKind
	}{
		{"absent", []smpp.TLV{gsm(27)}, push.OutcomeUnreachable},
		{"radio", []smpp.TLV{reason(smpp.FailureTemporaryNetworkError)}, push.OutcomeFailedForNow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := startSMSC(t, func(sub submission) {
				if sub.sequence() == 1 {
					sub.ok()
				} else {
					sub.answer(smpp.StatusDeliveryFailure, tt.tlvs...)
				}
			})
			_, g := start(t, s, `window = "700ms"`)
			began := time.Now()
			g.deliver(deliveryOf("d", number, 3))
			r := g.want("d", tt.kind)
			if took := time.Since(began); took < 600*time.Millisecond {
				t.Errorf("gave up after %v", took)
			}
			if want := "the time window ended with segments 1 of 3 through: ESME_RDELIVERYFAILURE"; !strings.HasPrefix(r.outcome.Cause, want) {
				t.Errorf("cause %q, want %q", r.outcome.Cause, want)
			}
			if !strings.Contains(r.outcome.Text, "1 of its 3 parts arrived") {
				t.Errorf("text %q", r.outcome.Text)
			}
			tok, ok := parseToken(r.token)
			if !ok || tok.through.Len() != 1 || !tok.through.Has(0) {
				t.Errorf("token %+v, %v", tok, ok)
			}
		})
	}
}

// The gateway gives a lane one delivery at a time, but the bearer does not depend on it.
func TestMessagesToOneTerminalDoNotInterleave(t *testing.T) {
	s := startSMSC(t, func(submission) {})
	_, g := start(t, s, "")
	for i := range 5 {
		g.deliver(deliveryOf(fmt.Sprint("d", i), number, 2))
	}
	references := map[wdp.Reference]bool{}
	for i := range 5 {
		first := s.next()
		s.nothing()
		first.ok()
		second := s.next()
		s.nothing()
		if first.sequence() != 1 || second.sequence() != 2 {
			t.Errorf("message %d: segments %d and %d", i, first.sequence(), second.sequence())
		}
		references[first.header.Concatenation.Reference] = true
		if p := read(t, first, second); !bytes.HasPrefix(p.Data, fmt.Append(nil, "d", i)) {
			t.Errorf("message %d begins with %.4q", i, p.Data)
		}
		second.ok()
		g.want(fmt.Sprint("d", i), push.OutcomeDelivered)
	}
	if len(references) != 5 {
		t.Errorf("%d references for 5 messages", len(references))
	}
}

func TestTerminalsRunInParallel(t *testing.T) {
	s := startSMSC(t, func(submission) {})
	_, g := start(t, s, "")
	const n = 50
	for i := range n {
		g.deliver(deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 2))
	}
	var first []submission
	for range n {
		first = append(first, s.next())
	}
	for _, sub := range first {
		sub.ok()
	}
	for range n {
		s.next().ok()
	}
	for range n {
		if r := g.result(); r.outcome.Kind != push.OutcomeDelivered {
			t.Errorf("%s: %+v", r.id, r.outcome)
		}
	}
}

// A message of several segments waits until its token is on disk; one of a single segment has none.
func TestWaitsForTheToken(t *testing.T) {
	s := startSMSC(t, nil)
	p, g := start(t, s, "")
	g.held = true
	g.deliver(deliveryOf("long", number, 2))
	tok := receive(t, g.tokens, "token")
	g.deliver(deliveryOf("short", "358409999999", 1))
	g.want("short", push.OutcomeDelivered)
	s.next()
	s.nothing()
	p.Stored("long", 1)
	g.want("long", push.OutcomeDelivered)
	got, ok := parseToken(tok.token)
	if sub := s.next(); !ok || got.reference != sub.header.Concatenation.Reference.Number || got.total != 2 || got.through.Len() != 0 {
		t.Errorf("token %+v, %v", got, ok)
	}
}

func TestRefusedBeforeItIsSent(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*push.Delivery)
		code   int
		text   string
	}{
		{"no number", func(d *push.Delivery) {
			d.Terminal = push.Subscriber{Address: push.Address{Type: push.IPv4, Value: "10.0.0.1"}}
		}, 2002, "no phone number"},
		{"no digits", func(d *push.Delivery) { d.Terminal.MSISDN = "35840x" }, 2002, "no phone number"},
		{"too many digits", func(d *push.Delivery) { d.Terminal.MSISDN = "3584012345678901" }, 2002, "no phone number"},
		{"too many segments", func(d *push.Delivery) { d.Message.Body = make([]byte, 1500) }, 4000, "12 short messages, at most 10"},
		{"far too many segments", func(d *push.Delivery) { d.Message.Body = make([]byte, 100_000) }, 4000, "782 short messages, at most 10"},
		{"no content type", func(d *push.Delivery) { d.Message.ContentType = "a\x00b" }, 3006, "encoded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, nil)
			_, g := start(t, s, "")
			d := deliveryOf("d", number, 1)
			tt.change(&d)
			g.deliver(d)
			if o := g.want("d", push.OutcomeRefused).outcome; o.Code != tt.code || !strings.Contains(o.Text, tt.text) {
				t.Errorf("outcome %+v", o)
			}
			s.nothing()
		})
	}
}

func TestNumberFromTheAddress(t *testing.T) {
	s := startSMSC(t, nil)
	_, g := start(t, s, "")
	d := deliveryOf("d", number, 1)
	d.Terminal.MSISDN = ""
	g.deliver(d)
	g.want("d", push.OutcomeDelivered)
	if got := s.next().Destination.Addr; got != number {
		t.Errorf("sent to %s", got)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(submission) {})
	p, g := start(t, s, "")
	g.deliver(deliveryOf("air", number, 1))
	g.deliver(deliveryOf("behind", number, 1))
	s.next()
	p.Cancel("behind")
	g.want("behind", push.OutcomeFailedForNow)
	p.Cancel("air")
	p.Cancel("nobody")
	g.want("air", push.OutcomeUnknown)
}

func TestDrain(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(submission) {})
	p, g := start(t, s, "")
	g.deliver(deliveryOf("air", number, 2))
	g.deliver(deliveryOf("behind", number, 1))
	g.held = true
	g.deliver(deliveryOf("held", "358400000001", 2))
	first := s.next()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		p.Drain(ctx)
	}()
	for range 2 {
		if r := g.result(); !r.outcome.IsReturned() || r.id == "air" {
			t.Errorf("%s: %+v", r.id, r.outcome)
		}
	}
	g.deliver(deliveryOf("late", "358400000002", 1))
	if r := g.result(); !r.outcome.IsReturned() || r.id != "late" {
		t.Errorf("%s: %+v", r.id, r.outcome)
	}
	first.ok()
	s.next().ok()
	g.want("air", push.OutcomeDelivered)
	receive(t, drained, "end of Drain")
	eventually(t, "the link is unbound", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return errors.Is(s.sessions[0].Err(), smpp.ErrPeerUnbound)
	})
}

// When its time is over, what had no answer is unknown, and what is between two segments goes back with its token.
func TestDrainRunsOutOfTime(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(sub submission) {
		if sub.header.Concatenation != nil && sub.sequence() == 1 {
			sub.ok()
		} else if sub.sequence() == 2 {
			sub.answer(smpp.StatusSysErr)
		}
	})
	p, g := start(t, s, "")
	g.deliver(deliveryOf("air", number, 1))
	g.deliver(deliveryOf("between", "358400000001", 2))
	for range 5 {
		s.next()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	p.Drain(ctx)
	for range 2 {
		switch r := g.result(); r.id {
		case "air":
			if r.outcome.Kind != push.OutcomeUnknown || r.outcome.IsReturned() {
				t.Errorf("air: %+v", r.outcome)
			}
		case "between":
			if tok, ok := parseToken(r.token); !r.outcome.IsReturned() || !ok || tok.through.Len() != 1 {
				t.Errorf("between: %+v, token %+v %v", r.outcome, tok, ok)
			}
		}
	}
}

// A condition instead of the window: so many segments are sent again, and no more.
func TestResends(t *testing.T) {
	t.Parallel()
	s := startSMSC(t, func(sub submission) {
		if sub.sequence() == 1 {
			sub.ok()
		} else {
			sub.answer(smpp.StatusDeliveryFailure, gsm(27))
		}
	})
	_, g := start(t, s, "resends = 1")
	g.deliver(deliveryOf("d", number, 3))
	o := g.want("d", push.OutcomeUnreachable).outcome
	if want := "not sent again with segments 1 of 3 through: "; !strings.HasPrefix(o.Cause, want) || len(s.submit) != 3 {
		t.Errorf("outcome %+v after %d segments", o, len(s.submit))
	}
}
