package smsc

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// retrying is a configuration with short pauses.
const retrying = "[transaction]\npause = \"10ms\"\nmax_pause = \"20ms\"\n"

// A link that is cut with a segment on it: a segment of several goes again under its reference, one alone is not sent twice.
func TestDeliveryLinkCut(t *testing.T) {
	t.Run("between the segments of a push", func(t *testing.T) {
		m := newMSC(t, nil)
		s := start(t, gatewayESME("")+retrying, m)
		payload := text("push", 300)
		result := submit(t, bind(t, s, "ppg"), pushTo(number(1), payload))
		r := m.next()
		reference, _ := referenceOf(t, r)
		m.reply(r, smpp.StatusOK, nil)
		cut := m.next()
		m.arrive(cut.PDU.(*smpp.SubmitSM)) // the terminal has it, and the answer is lost
		m.cut()
		for _, want := range []byte{2, 3} {
			r := m.next()
			if got, place := referenceOf(t, r); got != reference || place != want {
				t.Errorf("segment %d under %d, want %d under %d", place, got, want, reference)
			}
			m.reply(r, smpp.StatusOK, nil)
		}
		if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
		if got := m.whole(); !slices.Equal(got, []string{number(1) + ": " + string(payload)}) {
			t.Errorf("the terminal has %q", got)
		}
	})
	t.Run("with a push of one segment", func(t *testing.T) {
		m := newMSC(t, nil)
		s := start(t, gatewayESME("")+retrying, m)
		result := submit(t, bind(t, s, "ppg"), pushTo(number(1), text("x", 100)))
		m.next()
		m.cut()
		if r := receive(t, result, "an answer"); r.Status != smpp.StatusUnknownErr {
			t.Errorf("%+v", r)
		}
		m.quiet()
	})
	t.Run("and another link is there", func(t *testing.T) {
		first, second := newMSC(t, nil), newMSC(t, delivered)
		s := start(t, gatewayESME("")+retrying+"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\npriority = 1\n"+
			"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\n", first, second)
		result := submit(t, bind(t, s, "ppg"), pushTo(number(1), text("x", 300)))
		first.next()
		_ = first.listener.Close()
		first.cut()
		if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
		if second.count() != 3 || len(second.whole()) != 1 {
			t.Errorf("the other link carried %d segments, the terminal has %q", second.count(), second.whole())
		}
	})
}

// Answers of the network that come twice, late, in another order, or for nothing: no transaction takes another's.
func TestAnswersOfTheNetwork(t *testing.T) {
	t.Run("twice", func(t *testing.T) {
		m := newMSC(t, nil)
		s := start(t, gatewayESME(""), m)
		result := submit(t, bind(t, s, "ppg"), pushTo(number(1), text("x", 300)))
		for range 3 {
			r := m.next()
			m.reply(r, smpp.StatusOK, nil)
			again := &smpp.Request{Session: r.Session, Header: r.Header}
			if err := again.Answer(smpp.StatusOK, &smpp.SubmitSMResp{MessageID: "m"}); err != nil {
				t.Fatal(err)
			}
		}
		if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
		if m.count() != 3 {
			t.Errorf("%d segments were sent", m.count())
		}
	})
	t.Run("late", func(t *testing.T) {
		m := newMSC(t, nil)
		s := start(t, gatewayESME("")+retrying+"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nresponse_timeout = \"100ms\"\n", m)
		payload := text("push", 200)
		result := submit(t, bind(t, s, "ppg"), pushTo(number(1), payload))
		late := m.next()
		again := m.next() // the same segment once more
		m.reply(late, smpp.StatusOK, nil)
		m.reply(again, smpp.StatusOK, nil)
		last := m.next()
		for {
			if _, place := referenceOf(t, last); place == 2 {
				break
			}
			m.reply(last, smpp.StatusOK, nil)
			last = m.next()
		}
		m.reply(last, smpp.StatusOK, nil)
		if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
		if got := m.whole(); !slices.Equal(got, []string{number(1) + ": " + string(payload)}) {
			t.Errorf("the terminal has %q", got)
		}
	})
	t.Run("in another order", func(t *testing.T) {
		m := newMSC(t, nil)
		session := bind(t, start(t, gatewayESME(""), m), "ppg")
		var results []<-chan smpp.Result
		for n := range 20 {
			results = append(results, submit(t, session, pushTo(number(n), text("x", 100))))
		}
		byNumber := map[string]*smpp.Request{}
		for range 20 {
			r := m.next()
			byNumber[r.PDU.(*smpp.SubmitSM).Destination.Addr] = r
		}
		for n := 19; n >= 0; n-- {
			status := smpp.StatusOK
			if n%3 == 0 {
				status = smpp.StatusInvDstAdr
			}
			m.reply(byNumber[number(n)], status, nil)
		}
		for n, c := range results {
			want := smpp.StatusOK
			if n%3 == 0 {
				want = smpp.StatusInvDstAdr
			}
			if r := receive(t, c, "an answer"); r.Status != want {
				t.Errorf("%s: %v, want %v", number(n), r.Status, want)
			}
		}
	})
}

// A terminal that answers nothing for long stands in nobody's way but its own messages'.
func TestSlowTerminalAmongThousands(t *testing.T) {
	slow := number(77)
	m := newMSC(t, func(p *smpp.SubmitSM, _ int) (smpp.Status, smpp.TLVs, bool) {
		return smpp.StatusOK, nil, p.Destination.Addr != slow
	})
	s := start(t, gatewayESME("window = 10000"), m)
	session := bind(t, s, "ppg")
	first := submit(t, session, pushTo(slow, text("first", 200)))
	behind := submit(t, session, pushTo(slow, text("behind", 200)))
	var results []<-chan smpp.Result
	for n := range 3000 {
		if to := number(n); to != slow {
			results = append(results, submit(t, session, pushTo(to, text("x", 200))))
		}
	}
	for _, c := range results {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Fatalf("%+v", r)
		}
	}
	for range 4 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for _, c := range []<-chan smpp.Result{first, behind} {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
	}
}

// Sequence numbers of an ESME go round, and are its own affair: each request is answered under its number.
func TestSequenceNumbersGoRound(t *testing.T) {
	m := newMSC(t, nil)
	c := dialRaw(t, start(t, gatewayESME(""), m))
	c.bind("ppg")
	sequences := []uint32{smpp.MaxSequence - 1, smpp.MaxSequence, 1, 2}
	for n, sequence := range sequences {
		c.send(sequence, pushTo(number(n), text("x", 20)))
	}
	byNumber := map[string]*smpp.Request{}
	for range sequences {
		r := m.next()
		byNumber[r.PDU.(*smpp.SubmitSM).Destination.Addr] = r
	}
	for n, sequence := range sequences {
		m.reply(byNumber[number(n)], smpp.StatusOK, nil)
		c.expect(smpp.CommandDataSMResp, smpp.StatusOK, sequence)
	}
}

// An alert_notification sends at once what pauses.
func TestAlert(t *testing.T) {
	m := newMSC(t, scripted(reply{status: smpp.StatusDeliveryFailure, tlvs: failure(0, 27)}, reply{}))
	s := start(t, gatewayESME("")+"[transaction]\npause = \"1h\"\nmax_pause = \"1h\"\n", m)
	result := submit(t, bind(t, s, "ppg"), pushTo(number(1), text("x", 200)))
	until(t, "a try", func() bool { return m.count() == 1 })
	until(t, "the answer to it is known", func() bool { // an alert that comes before it would be for nothing
		m.mu.Lock()
		defer m.mu.Unlock()
		_ = m.sessions[0].Notify(&smpp.AlertNotification{Source: smpp.Address{Addr: number(1)}})
		return len(m.segments) > 1
	})
	if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("%+v", r)
	}
}

// Stop answers what was not begun, waits for what is on the way, and unbinds in order.
func TestStop(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("adopt = true"), m)
	session := bind(t, s, "ppg")
	begun := submit(t, session, pushTo(number(1), text("x", 200)))
	segment := m.next()
	queued := submit(t, session, pushTo(number(1), text("y", 200)))
	held := submit(t, session, segmentsOf(number(2), 1, text("z", 200))[0])
	until(t, "all are taken", func() bool { h := s.standing(); return h.Suspended == 2 && h.Held == 1 })
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.Stop(t.Context())
	}()
	for name, c := range map[string]<-chan smpp.Result{"one that had not begun": queued, "a segment that waited for others": held} {
		if r := receive(t, c, name); r.Status != smpp.StatusSysErr {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := call(t, session, pushTo(number(3), text("x", 20))); r.Status != smpp.StatusSysErr {
		t.Errorf("a new one: %+v", r)
	}
	if _, err := dial(s, "ppg", "secret", smpp.Transceiver); err == nil {
		t.Error("a new bind")
	}
	m.reply(segment, smpp.StatusOK, nil)
	m.reply(m.next(), smpp.StatusOK, nil)
	if r := receive(t, begun, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("one that had begun: %+v", r)
	}
	receive(t, session.Done(), "unbind")
	if fmt.Sprint(session.Err()) != fmt.Sprint(smpp.ErrPeerUnbound) {
		t.Errorf("the link ended with %v", session.Err())
	}
	receive(t, stopped, "the end")
}

// What does not end in time is answered with what is known.
func TestStopWithoutPatience(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME(""), m)
	session := bind(t, s, "ppg")
	one, several := submit(t, session, pushTo(number(1), text("x", 20))), submit(t, session, pushTo(number(2), text("x", 200)))
	for range 2 {
		if r := m.next(); r.PDU.(*smpp.SubmitSM).Destination.Addr == number(2) {
			m.reply(r, smpp.StatusOK, nil)
		}
	}
	m.next()
	ctx, cancel := contextFor(10 * time.Millisecond)
	defer cancel()
	s.Stop(ctx)
	if r := receive(t, one, "an answer"); r.Status != smpp.StatusUnknownErr {
		t.Errorf("one on the air: %+v", r)
	}
	if r := receive(t, several, "an answer"); r.Status != smpp.StatusUnknownErr {
		t.Errorf("the last of two on the air: %+v", r)
	}
}
