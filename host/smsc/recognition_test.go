package smsc

import (
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// identified is a push with an identity.
func identified(identity, to string, payload []byte) *smpp.DataSM {
	p := pushTo(to, payload)
	p.TLVs = append(p.TLVs, octets(smpp.TagPushIdentity, []byte(identity)...), octets(smpp.TagUserMessageReference, 0, 7))
	return p
}

func referenceOf(t testing.TB, r *smpp.Request) (reference uint16, place byte) {
	t.Helper()
	h, _, err := wdp.ParseHeader(r.PDU.(*smpp.SubmitSM).ShortMessage)
	if err != nil || h.Concatenation == nil {
		t.Fatalf("no concatenation: %+v, %v", h, err)
	}
	return h.Concatenation.Reference.Number, h.Concatenation.Sequence
}

// A push that comes again while it is on the way joins the transaction, also over another bind after the first was lost.
func TestPushAgainWhileOnTheWay(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("")+"[[esme]]\nsystem_id = \"other\"\npassword_file = \"hash\"\n", m)
	payload := text("push", 200)
	lost := bind(t, s, "ppg")
	first := submit(t, lost, identified("p1", number(1), payload))
	segment := m.next()
	lost.Close()
	if r := receive(t, first, "the first result"); r.Outcome != smpp.Unknown {
		t.Errorf("over the link that was lost: %+v", r)
	}
	session := bind(t, s, "ppg")
	second, third := submit(t, session, identified("p1", number(1), payload)), submit(t, session, identified("p1", number(1), payload))
	m.quiet()
	m.reply(segment, smpp.StatusOK, nil)
	m.reply(m.next(), smpp.StatusOK, nil)
	a, b := receive(t, second, "the second result"), receive(t, third, "the third result")
	if a.Outcome != smpp.Accepted || b.Outcome != smpp.Accepted || a.MessageID() != b.MessageID() {
		t.Errorf("answered %+v and %+v", a, b)
	}
	if got := m.whole(); len(got) != 1 {
		t.Errorf("the terminal has %q", got)
	}
	// And once it is delivered it is not sent again.
	if r := call(t, session, identified("p1", number(1), payload)); r.Outcome != smpp.Accepted || r.MessageID() != a.MessageID() {
		t.Errorf("after its end: %+v", r)
	}
	m.quiet()
	// What is another push: other octets, another number, another ESME, another identity, none.
	other := bind(t, s, "other")
	others := map[string]<-chan smpp.Result{
		"other octets":     submit(t, session, identified("p1", number(1), text("pusH", 100))),
		"another number":   submit(t, session, identified("p1", number(2), payload[:100])),
		"another ESME":     submit(t, other, identified("p1", number(3), payload[:100])),
		"another identity": submit(t, session, identified("p2", number(4), payload[:100])),
		"no identity":      submit(t, session, pushTo(number(5), payload[:100])),
	}
	for range others {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for name, submitted := range others {
		if r := receive(t, submitted, name); r.Outcome != smpp.Accepted {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// A push whose transaction failed goes on where it was: with the segments that are missing, under the same reference.
func TestPushAgainAfterItFailed(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("")+"[transaction]\nwindow = \"400ms\"\npause = \"100ms\"\n", m)
	session := bind(t, s, "ppg")
	payload := text("push", 300)
	result := submit(t, session, identified("p", number(1), payload))
	r := m.next()
	reference, _ := referenceOf(t, r)
	m.reply(r, smpp.StatusOK, nil)
	for open := true; open; {
		select {
		case r := <-m.got:
			m.reply(r, smpp.StatusDeliveryFailure, failure(0, 27))
		case r := <-result:
			if open = false; r.Status != smpp.StatusDeliveryFailure {
				t.Errorf("%+v", r)
			}
		}
	}
	again := submit(t, session, identified("p", number(1), payload))
	for _, want := range []byte{2, 3} {
		r := m.next()
		if got, place := referenceOf(t, r); got != reference || place != want {
			t.Errorf("segment %d under %d, want %d under %d", place, got, want, reference)
		}
		m.reply(r, smpp.StatusOK, nil)
	}
	if r := receive(t, again, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("%+v", r)
	}
	if got := m.whole(); !slices.Equal(got, []string{number(1) + ": " + string(payload)}) {
		t.Errorf("the terminal has %q", got)
	}
}

// What is remembered is bounded, by time and by number.
func TestRecentForgets(t *testing.T) {
	now := time.Now()
	c := newRecent()
	ended := func(identity string, at time.Time) {
		c.remember(&kept{identity: identity, at: at})
	}
	ended("old", now)
	if c.find("old", sum{}, now.Add(reassemblyTime)) == nil {
		t.Error("forgotten while a terminal still has its segments")
	}
	if c.find("old", sum{1}, now) != nil {
		t.Error("found with other octets")
	}
	if c.find("old", sum{}, now.Add(reassemblyTime+1)) != nil {
		t.Error("found after terminals have forgotten its segments")
	}
	ended("new", now.Add(reassemblyTime+1))
	if len(c.by) != 1 || len(c.order) != 1 {
		t.Errorf("remembers %d", len(c.by))
	}
	for range maxRecent + 10 {
		ended("one", now.Add(reassemblyTime+2))
	}
	if len(c.order) > maxRecent || c.by["one"] == nil {
		t.Errorf("remembers %d", len(c.order))
	}
}
