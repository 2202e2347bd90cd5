package sms

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// whole is a push that was handed over undivided and waits for its answer.
type whole struct{ *smpp.Request }

func (w whole) answer(status smpp.Status, tlvs ...smpp.TLV) {
	if w.Header.Command == smpp.CommandDataSM {
		_ = w.Answer(status, &smpp.DataSMResp{MessageID: "m", TLVs: tlvs})
	} else {
		_ = w.Answer(status, &smpp.SubmitSMResp{MessageID: "m", TLVs: tlvs})
	}
}

// fields are what both requests say.
func (w whole) fields() (smpp.ESMClass, smpp.TLVs) {
	switch p := w.PDU.(type) {
	case *smpp.DataSM:
		return p.ESMClass, p.TLVs
	case *smpp.SubmitSM:
		return p.ESMClass, p.TLVs
	}
	return 0, nil
}

// startWhole gives an SMSC that takes pushes whole, and the channel on which they come after they were answered.
func startWhole(t *testing.T, script func(whole)) (*smsc, chan whole) {
	t.Helper()
	s, got := startSMSC(t, nil), make(chan whole, 10_000)
	s.whole = func(w whole) {
		got <- w
		if script == nil {
			w.answer(smpp.StatusOK)
		} else {
			script(w)
		}
	}
	return s, got
}

func TestDelegate(t *testing.T) {
	for _, tt := range []struct {
		config  string
		command smpp.CommandID
	}{
		{`submit = "auto"`, smpp.CommandDataSM},
		{`submit = "data_sm"`, smpp.CommandDataSM},
		{`submit = "submit_sm"`, smpp.CommandSubmitSM},
	} {
		t.Run(tt.config, func(t *testing.T) {
			s, got := startWhole(t, nil)
			_, g := start(t, s, "mode = \"delegate\"\nwindow = \"5s\"\n"+tt.config)
			d := deliveryOf("d", number, 3)
			g.deliver(d)
			g.want("d", push.OutcomeDelivered)
			w := receive(t, got, "a push")
			class, tlvs := w.fields()
			if w.Header.Command != tt.command || class != smpp.ModeTransaction {
				t.Errorf("%v with esm_class %#x", w.Header.Command, class)
			}
			for tag, want := range map[smpp.Tag]uint32{smpp.TagSourcePort: 9200, smpp.TagDestinationPort: 2948} {
				if v, _, err := tlvs.Uint(tag); err != nil || v != want {
					t.Errorf("%v %d, %v", tag, v, err)
				}
			}
			if p, ok := w.PDU.(*smpp.SubmitSM); ok && (p.ValidityPeriod != "000000000005000R" || len(p.ShortMessage) > 0) {
				t.Errorf("validity_period %q, short_message % x", p.ValidityPeriod, p.ShortMessage)
			}
			if v, there, _ := tlvs.Uint(smpp.TagQoSTimeToLive); there && v != 5 || there != (tt.command == smpp.CommandDataSM) {
				t.Errorf("qos_time_to_live %d, %v", v, there)
			}
			payload, _ := tlvs.Get(smpp.TagMessagePayload)
			p, err := wsp.DecodePush(payload)
			if err != nil || !bytes.Equal(p.Data, d.Message.Body) {
				t.Errorf("payload % x, %v", payload, err)
			}
			if len(g.tokens) > 0 {
				t.Error("a token")
			}
			// The same push again, in another start of the gateway: the SMSC knows it by its identity and its octets.
			_, again := start(t, s, "mode = \"delegate\"\n"+tt.config)
			d.ID = "again"
			again.deliver(d)
			again.want("again", push.OutcomeDelivered)
			_, second := receive(t, got, "the push again").fields()
			for _, tag := range []smpp.Tag{smpp.TagPushIdentity, smpp.TagUserMessageReference, smpp.TagMessagePayload} {
				a, _ := tlvs.Get(tag)
				if b, ok := second.Get(tag); !ok || !bytes.Equal(a, b) {
					t.Errorf("%v % x, then % x", tag, a, b)
				}
			}
			d.ID, d.PushID = "other", "another push"
			again.deliver(d)
			again.want("other", push.OutcomeDelivered)
			_, third := receive(t, got, "another push").fields()
			a, _ := tlvs.Get(smpp.TagPushIdentity)
			if b, _ := third.Get(smpp.TagPushIdentity); bytes.Equal(a, b) {
				t.Error("two pushes have one identity")
			}
		})
	}
}

// An SMSC that does not know data_sm is asked once.
func TestDelegateFindsWhatTheSMSCTakes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		refuse func(whole)
		kind   push.OutcomeKind
		asked  int // how often data_sm was tried for two pushes
	}{
		{"invalid command id", func(w whole) { w.answer(smpp.StatusInvCmdID) }, push.OutcomeDelivered, 1},
		{"header only", func(w whole) { _ = w.Answer(smpp.StatusInvCmdID, nil) }, push.OutcomeDelivered, 1},
		{"not for us", func(w whole) { w.answer(0x101) }, push.OutcomeDelivered, 1},
		{"refused for another reason", func(w whole) { w.answer(smpp.StatusInvDstAdr) }, push.OutcomeRefused, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, got := startWhole(t, func(w whole) {
				if w.Header.Command == smpp.CommandDataSM {
					tt.refuse(w)
				} else {
					w.answer(smpp.StatusOK)
				}
			})
			_, g := start(t, s, `mode = "delegate"`)
			asked := 0
			for _, id := range []string{"first", "second"} {
				g.deliver(deliveryOf(id, number, 2))
				g.want(id, tt.kind)
			}
			for len(got) > 0 {
				if w := <-got; w.Header.Command == smpp.CommandDataSM {
					asked++
				}
			}
			if asked != tt.asked {
				t.Errorf("data_sm was tried %d times", asked)
			}
		})
	}
}

// What a failed delivery says is the result, at once; what was not taken is offered again.
func TestDelegateOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name string
		say  func(whole, int)
		kind push.OutcomeKind
		code int
		sent int
	}{
		{"absent", func(w whole, _ int) { w.answer(smpp.StatusDeliveryFailure, reason(0), gsm(27)) }, push.OutcomeUnreachable, 4000, 1},
		{"network", func(w whole, _ int) { w.answer(smpp.StatusDeliveryFailure) }, push.OutcomeFailedForNow, 4001, 1},
		{"header only", func(w whole, _ int) { _ = w.Answer(smpp.StatusDeliveryFailure, nil) }, push.OutcomeFailedForNow, 4001, 1},
		{"unknown to the SMSC too", func(w whole, _ int) { w.answer(smpp.StatusUnknownErr) }, push.OutcomeUnknown, 0, 1},
		{"unknown error with a reason", func(w whole, _ int) { w.answer(smpp.StatusUnknownErr, reason(3)) }, push.OutcomeFailedForNow, 4001, 1},
		{"unknown number", func(w whole, _ int) { w.answer(smpp.StatusDeliveryFailure, gsm(1)) }, push.OutcomeRefused, 2003, 1},
		{"throttled, then taken", func(w whole, n int) {
			if n == 1 {
				w.answer(smpp.StatusThrottled)
			} else {
				w.answer(smpp.StatusOK)
			}
		}, push.OutcomeDelivered, 0, 2},
		{"system error, then taken", func(w whole, n int) {
			if n == 1 {
				w.answer(smpp.StatusSysErr)
			} else {
				w.answer(smpp.StatusOK)
			}
		}, push.OutcomeDelivered, 0, 2},
		{"the link is lost", func(w whole, _ int) { w.Session.Close() }, push.OutcomeUnknown, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			n := 0
			s, got := startWhole(t, func(w whole) {
				mu.Lock()
				n++
				now := n
				mu.Unlock()
				tt.say(w, now)
			})
			_, g := start(t, s, `mode = "delegate"`)
			g.deliver(deliveryOf("d", number, 3))
			if o := g.want("d", tt.kind).outcome; o.Code != tt.code {
				t.Errorf("outcome %+v", o)
			}
			if len(got) != tt.sent {
				t.Errorf("sent %d times", len(got))
			}
		})
	}
}

func TestDelegateWithoutAnswer(t *testing.T) {
	t.Parallel()
	s, _ := startWhole(t, func(whole) {})
	_, g := startBearer(t, fmt.Sprintf(
		"source = \"1\"\nmode = \"delegate\"\nwindow = \"100ms\"\nlink = [{ address = %q, system_id = \"ppg\", response_timeout = \"100ms\" }]", s.address()))
	g.deliver(deliveryOf("d", number, 3))
	g.want("d", push.OutcomeUnknown)
}

// A push that the SMSC never took has certainly not arrived, also if an offer at the very end of its time would have no answer.
func TestDelegateNeverTaken(t *testing.T) {
	t.Parallel()
	const within = 3 * time.Second // of which the last half is for the answer
	begin := sync.OnceValue(time.Now)
	s, _ := startWhole(t, func(w whole) {
		if time.Since(begin()) < within*2/3 {
			w.answer(smpp.StatusSysErr)
		}
	})
	_, g := start(t, s, "mode = \"delegate\"\npause = \"100ms\"\nmax_pause = \"100ms\"")
	d := deliveryOf("d", number, 1)
	d.Timeout = within
	g.deliver(d)
	if o := g.want("d", push.OutcomeFailedForNow).outcome; o.Code != 4001 || !strings.Contains(o.Cause, "ESME_RSYSERR") {
		t.Errorf("outcome %+v", o)
	}
}

// Pushes that wait for their answers do not keep others.
func TestDelegateSuspends(t *testing.T) {
	const n = 3000
	s, got := startWhole(t, func(whole) {})
	p, g := startBearer(t, fmt.Sprintf("source = \"1\"\nmode = \"delegate\"\nlink = [{ address = %q, system_id = \"ppg\", window = %d }]", s.address(), n))
	eventually(t, "the link is bound", func() bool { return p.links.Places() == n })
	for i := range n {
		d := deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), 2)
		d.Timeout = time.Minute
		g.deliver(d)
	}
	for range n {
		defer receive(t, got, "a push").answer(smpp.StatusOK)
	}
	if len(g.results) > 0 {
		t.Error("a result without an answer")
	}
}

// A push that was begun in segments goes on in segments under its reference; nothing is begun twice in two ways.
func TestDelegateOfWhatWasBegun(t *testing.T) {
	s, got := startWhole(t, nil)
	hold := make(chan submission, 1)
	s.answerBy(func(sub submission) {
		if sub.sequence() == 1 {
			sub.ok()
		} else {
			hold <- sub
		}
	})
	_, g := start(t, s, `window = "300ms"`)
	d := deliveryOf("d", number, 3)
	g.deliver(d)
	receive(t, hold, "the second segment")
	r := g.want("d", push.OutcomeFailedForNow)
	s.answerBy(nil)
	_, now := start(t, s, `mode = "delegate"`)
	d.ID, d.Token = "again", r.token
	now.deliver(d)
	now.want("again", push.OutcomeDelivered)
	subs := []submission{s.next(), s.next(), s.next(), s.next()} // 1, 2 without an answer, 2, 3
	if p := read(t, subs[0], subs[2], subs[3]); !bytes.Equal(p.Data, d.Message.Body) {
		t.Error("the terminal read something else")
	}
	s.nothing()
	if len(got) > 0 {
		t.Error("the push went out whole as well")
	}
	d.ID, d.Token = "anew", nil
	now.deliver(d)
	now.want("anew", push.OutcomeDelivered)
	if len(got) != 1 {
		t.Error("a push that had not begun did not go out whole")
	}
}
