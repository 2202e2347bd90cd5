package smsc

import (
	"io"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// scripted answers segment n with the n-th of the replies, and what follows with the last.
func scripted(replies ...reply) func(*smpp.SubmitSM, int) (smpp.Status, smpp.TLVs, bool) {
	return func(_ *smpp.SubmitSM, n int) (smpp.Status, smpp.TLVs, bool) {
		r := replies[min(n, len(replies)-1)]
		return r.status, r.tlvs, !r.never
	}
}

type reply struct {
	status smpp.Status
	tlvs   smpp.TLVs
	never  bool
}

// A resultRow is what the network says of the segments of a push, and what the ESME is told.
type resultRow struct {
	name    string
	octets  int // of the push: 100 is one segment, 200 are two
	replies []reply
	status  smpp.Status
	reason  int    // delivery_failure_reason
	gsm     uint16 // network_error_code
	text    string // in additional_status_info_text
}

func resultRows() []resultRow {
	ok := reply{}
	says := func(status smpp.Status) reply { return reply{status: status} }
	fails := func(reason smpp.DeliveryFailureReason, gsm uint16) reply {
		return reply{status: smpp.StatusDeliveryFailure, tlvs: failure(reason, gsm)}
	}
	none := -1
	return []resultRow{
		{"delivered", 200, []reply{ok}, smpp.StatusOK, none, 0, ""},
		{"delivered at the second try", 200, []reply{ok, fails(3, 34), ok}, smpp.StatusOK, none, 0, ""},
		{"throttled, then delivered", 200, []reply{says(smpp.StatusThrottled), ok}, smpp.StatusOK, none, 0, ""},
		{"absent until the window ends", 200, []reply{fails(0, 27)}, smpp.StatusDeliveryFailure, 0, 27, "through of 2 segments: none"},
		{"absent after the first segment", 200, []reply{ok, fails(0, 6)}, smpp.StatusDeliveryFailure, 0, 6, "through of 2 segments: 1"},
		{"a temporary error without a reason", 100, []reply{says(smpp.StatusDeliveryFailure)}, smpp.StatusDeliveryFailure, 3, 0, "not delivered in time"},
		{"a system error until the window ends", 100, []reply{says(smpp.StatusSysErr)}, smpp.StatusDeliveryFailure, 3, 0, "ESME_RSYSERR"},
		{"throttled until the window ends", 100, []reply{says(smpp.StatusThrottled)}, smpp.StatusDeliveryFailure, 3, 0, "ESME_RTHROTTLED"},
		{"unknown subscriber", 200, []reply{fails(0, 1)}, smpp.StatusDeliveryFailure, 0, 1, "none"},
		{"call barred at the second segment", 200, []reply{ok, fails(2, 13)}, smpp.StatusDeliveryFailure, 2, 13, "segments: 1"},
		{"address invalid", 100, []reply{fails(1, 0)}, smpp.StatusDeliveryFailure, 1, 0, ""},
		{"invalid destination", 100, []reply{says(smpp.StatusInvDstAdr)}, smpp.StatusInvDstAdr, none, 0, "ESME_RINVDSTADR"},
		{"no transaction mode", 100, []reply{says(smpp.StatusInvESMClass)}, smpp.StatusInvESMClass, none, 0, ""},
		{"submit failed", 100, []reply{says(smpp.StatusSubmitFail)}, smpp.StatusSubmitFail, none, 0, ""},
		{"a vendor's own", 100, []reply{says(0x401)}, 0x401, none, 0, ""},
		{"no answer, one segment", 100, []reply{{never: true}}, smpp.StatusUnknownErr, none, 0, "may have been delivered"},
		{"no answer to the last segment", 200, []reply{ok, {never: true}}, smpp.StatusUnknownErr, none, 0, "segments: 1"},
		{"no answer to the first segment", 200, []reply{{never: true}}, smpp.StatusDeliveryFailure, 3, 0, "none"},
	}
}

// TestResults walks through what the network can say and what the ESME is told then.
func TestResults(t *testing.T) {
	for _, command := range []smpp.CommandID{smpp.CommandDataSM, smpp.CommandSubmitSM} {
		for _, tt := range resultRows() {
			t.Run(tt.name+", "+command.String(), func(t *testing.T) {
				t.Parallel()
				m := newMSC(t, scripted(tt.replies...))
				s := start(t, gatewayESME("")+"[transaction]\nwindow = \"900ms\"\npause = \"600ms\"\nmax_pause = \"600ms\"\n"+
					"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nresponse_timeout = \"600ms\"\n", m)
				push := pushTo(number(1), text("x", tt.octets))
				var pdu smpp.PDU = push
				if command == smpp.CommandSubmitSM {
					pdu = &smpp.SubmitSM{Source: push.Source, Destination: push.Destination, ESMClass: push.ESMClass, TLVs: push.TLVs}
				}
				r := call(t, bind(t, s, "ppg"), pdu)
				if r.Status != tt.status {
					t.Errorf("answered %v, want %v", r.Status, tt.status)
				}
				reason, there, err := r.TLVs().Uint(smpp.TagDeliveryFailureReason)
				if there != (tt.reason >= 0) || err != nil || there && int(reason) != tt.reason {
					t.Errorf("delivery_failure_reason %d %v %v, want %d", reason, there, err, tt.reason)
				}
				if n, _, err := r.TLVs().NetworkError(); err != nil || n.Code != tt.gsm || tt.gsm != 0 && n.Type != smpp.NetworkGSM {
					t.Errorf("network_error_code %+v %v, want %d", n, err, tt.gsm)
				}
				if text, _ := r.TLVs().CString(smpp.TagAdditionalStatusInfoText); !strings.Contains(text, tt.text) || (text == "") != (tt.status == 0) {
					t.Errorf("additional_status_info_text %q, want %q", text, tt.text)
				}
				if (r.MessageID() != "") != (tt.status == smpp.StatusOK) {
					t.Errorf("message_id %q", r.MessageID())
				}
				if tt.status == smpp.StatusOK != (len(m.whole()) == 1) {
					t.Errorf("the terminal has %q", m.whole())
				}
			})
		}
	}
}

// An ESME that can not read the body of an error response gets none.
func TestErrorWithoutBody(t *testing.T) {
	m := newMSC(t, scripted(reply{status: smpp.StatusDeliveryFailure, tlvs: failure(2, 13)}))
	s := start(t, gatewayESME("error_body = false"), m)
	c := dialRaw(t, s)
	c.bind("ppg")
	c.send(2, &smpp.SubmitSM{Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("x")})
	b := make([]byte, smpp.HeaderSize)
	if _, err := io.ReadFull(c, b); err != nil || b[3] != smpp.HeaderSize || b[11] != byte(smpp.StatusDeliveryFailure) {
		t.Errorf("answered % x, %v", b, err)
	}
}

func TestResendsAreLimited(t *testing.T) {
	m := newMSC(t, scripted(reply{status: smpp.StatusDeliveryFailure, tlvs: failure(0, 27)}))
	s := start(t, gatewayESME("")+"[transaction]\nresends = 2\npause = \"1ms\"\nmax_pause = \"1ms\"\n", m)
	r := call(t, bind(t, s, "ppg"), pushTo(number(1), text("x", 200)))
	if n, _, _ := r.TLVs().NetworkError(); r.Status != smpp.StatusDeliveryFailure || n.Code != 27 || m.count() != 3 {
		t.Errorf("%d segments, answered %+v", m.count(), r)
	}
}

// Datagram mode is answered when the message is taken, and its segments have one try.
func TestDatagramMode(t *testing.T) {
	m := newMSC(t, nil)
	session := bind(t, start(t, gatewayESME(""), m), "ppg")
	p := pushTo(number(1), text("x", 200))
	p.ESMClass = smpp.ModeDatagram
	if r := call(t, session, p); r.Outcome != smpp.Accepted || r.MessageID() == "" {
		t.Fatalf("%+v", r)
	}
	m.reply(m.next(), smpp.StatusDeliveryFailure, failure(0, 27))
	m.quiet()
	call(t, session, p)
	m.reply(m.next(), smpp.StatusOK, nil)
	m.reply(m.next(), smpp.StatusOK, nil)
	if len(m.whole()) != 1 {
		t.Errorf("the terminal has %q", m.whole())
	}
}

// What the submission itself says ends the wait: validity_period, or qos_time_to_live.
func TestValidity(t *testing.T) {
	absent := scripted(reply{status: smpp.StatusDeliveryFailure, tlvs: failure(0, 27)})
	session := bind(t, start(t, gatewayESME("")+"[transaction]\npause = \"20ms\"\n", newMSC(t, absent)), "ppg")
	short := &smpp.SubmitSM{
		Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("x"), ValidityPeriod: "000000000001000R",
	}
	live := pushTo(number(2), text("x", 20))
	live.TLVs = append(live.TLVs, octets(smpp.TagQoSTimeToLive, 0, 0, 0, 1))
	first, second := submit(t, session, short), submit(t, session, live)
	for _, c := range []<-chan smpp.Result{first, second} {
		if r := receive(t, c, "an answer"); r.Status != smpp.StatusDeliveryFailure {
			t.Errorf("%+v", r)
		}
	}
}

// Without a link nothing is attempted, and the answer and the log say why.
func TestNoDeliveryLink(t *testing.T) {
	m := newMSC(t, delivered)
	var book logbook
	s := startLogging(t, hclog.New(&hclog.LoggerOptions{Output: &book}), gatewayESME("answer_within = \"300ms\"")+"[transaction]\nwindow = \"300ms\"\n[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\nprefix = [\"1\"]\n"+
		"[[delivery]]\naddress = \"MSC\"\nsystem_id = \"x\"\n", m, m)
	session := bind(t, s, "ppg")
	_ = m.listener.Close()
	m.cut()
	until(t, "the links are down", func() bool { return s.links.Places() == 0 })
	r := call(t, session, pushTo(number(1), text("x", 200)))
	why := "no delivery link is bound: 2 of 2 links are not bound: " + m.address()
	if said, _ := r.TLVs().CString(smpp.TagAdditionalStatusInfoText); r.Status != smpp.StatusMsgQFul || !strings.Contains(said, why) {
		t.Errorf("answered %+v, %q", r, said)
	}
	if !book.says("[INFO]", "a message was not delivered", "status=ESME_RMSGQFUL", "terminal="+number(1), "system_id=ppg", why) {
		t.Error("the log does not say so")
	}
}
