package smsc

import (
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestWindow(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("window = 3"), m)
	session, second := bind(t, s, "ppg"), bind(t, s, "ppg")
	var results []<-chan smpp.Result
	for n := range 3 {
		results = append(results, submit(t, session, pushTo(number(n), text("x", 10))))
	}
	until(t, "three are taken", func() bool { return s.Suspended() == 3 })
	for name, bound := range map[string]*smpp.Session{"the same bind": session, "another bind": second} {
		if r := call(t, bound, pushTo(number(9), text("x", 10))); r.Status != smpp.StatusThrottled {
			t.Errorf("the fourth of three over %s: %+v", name, r)
		}
	}
	m.reply(m.next(), smpp.StatusOK, nil)
	receive(t, results[0], "an answer")
	last := submit(t, second, pushTo(number(3), text("x", 10)))
	for range 3 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for _, c := range append(results[1:], last) {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
	}
}

func TestRate(t *testing.T) {
	s := start(t, gatewayESME("rate = \"0.1/s\""), newMSC(t, delivered))
	session := bind(t, s, "ppg")
	if r := call(t, session, pushTo(number(1), text("x", 10))); r.Outcome != smpp.Accepted {
		t.Errorf("%+v", r)
	}
	if r := call(t, session, pushTo(number(1), text("x", 10))); r.Status != smpp.StatusThrottled {
		t.Errorf("the second within ten seconds: %+v", r)
	}
}

func TestPending(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, "[smsc]\npending = 2\n"+gatewayESME("")+"[[esme]]\nsystem_id = \"kannel\"\npassword_file = \"hash\"\nadopt = true\n", m)
	session, kannel := bind(t, s, "ppg"), bind(t, s, "kannel")
	submit(t, session, pushTo(number(1), text("x", 10)))
	submit(t, session, pushTo(number(1), text("x", 10)))
	until(t, "two are taken", func() bool { return s.Suspended() == 2 })
	if r := call(t, session, pushTo(number(2), text("x", 200))); r.Status != smpp.StatusMsgQFul {
		t.Errorf("the third of two: %+v", r)
	}
	segments := segmentsOf(number(3), 1, text("x", 200))
	first := submit(t, kannel, segments[0])
	if r := call(t, kannel, segments[1]); r.Status != smpp.StatusMsgQFul {
		t.Errorf("an adopted one: %+v", r)
	}
	if r := receive(t, first, "an answer"); r.Status != smpp.StatusMsgQFul {
		t.Errorf("its other segment: %+v", r)
	}
	if n := s.Suspended(); n != 2 {
		t.Errorf("%d suspended", n)
	}
	for range 2 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
}

// Every 8-bit reference of a terminal is taken: the next message waits outside.
func TestReferencesRunOut(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME(""), m)
	session := bind(t, s, "ppg")
	for range 256 {
		submit(t, session, pushTo(number(1), text("x", 200)))
	}
	if r := call(t, session, pushTo(number(1), text("x", 200))); r.Status != smpp.StatusMsgQFul {
		t.Errorf("the 257th: %+v", r)
	}
	result := submit(t, session, pushTo(number(2), text("x", 200)))
	for n := 0; n < 2; {
		if r := m.next(); r.PDU.(*smpp.SubmitSM).Destination.Addr == number(2) {
			m.reply(r, smpp.StatusOK, nil)
			n++
		}
	}
	if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("another terminal: %+v", r)
	}
}
