package pap

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	head10 = `<?xml version="1.0"?>` + "\n" + `<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">` + "\n"
	head20 = `<?xml version="1.0"?>` + "\n" + `<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">` + "\n"
	head21 = `<?xml version="1.0"?>` + "\n" + `<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.1//EN" "http://www.openmobilealliance.org/tech/DTD/pap_2.1.dtd">` + "\n"
	head22 = `<?xml version="1.0"?>` + "\n" + `<!DOCTYPE pap PUBLIC "-//OMA//DTD PAP 2.2//EN" "http://www.openmobilealliance.org/tech/DTD/pap_2.2.dtd">` + "\n"
)

// Every document, as written and as read back. The pushes and results are examples of our own, with every element and attribute.
func TestDocuments(t *testing.T) {
	v20 := Version{2, 0}
	at := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	number := address(t, "WAPPUSH=+358401234567/TYPE=PLMN@ppg.example")
	host := address(t, "wappush=10.45.0.7/TYPE=IPv4/@PPG.example")
	const numberXML = `<address address-value="WAPPUSH=+358401234567/TYPE=PLMN@ppg.example"/>`
	const hostXML = `<address address-value="wappush=10.45.0.7/TYPE=IPv4/@PPG.example"/>`
	for _, c := range []struct {
		name string
		doc  Document
		want string
	}{
		{"push-message", Document{Version: v20, Supported: "2.0,1.*", ProductName: "ppgbox", Message: &PushMessage{
			PushID: "1@x", ReplacePushID: "0@x", ReplaceMethod: ReplacePendingOnly, DeliverBefore: at.Add(time.Hour),
			DeliverAfter: at, SourceReference: "news", ProgressNotesRequested: true, NotifyTo: "http://pi.example/n?a=1&b=2",
			Addresses: []Address{number, host},
			QoS: &QualityOfService{
				Priority: push.PriorityHigh, DeliveryMethod: push.PreferConfirmed, Network: "GSM", NetworkRequired: true,
				Bearer: "SMS", BearerRequired: true,
			},
		}}, strings.Replace(head20, `.dtd">`, `.dtd" [<?wap-pap-ver supported-versions="2.0,1.*"?>]>`, 1) +
			`<pap product-name="ppgbox"><push-message push-id="1@x" replace-push-id="0@x" replace-method="pending-only" ` +
			`deliver-before-timestamp="2026-01-01T09:00:00Z" deliver-after-timestamp="2026-01-01T08:00:00Z" source-reference="news" ` +
			`progress-notes-requested="true" ppg-notify-requested-to="http://pi.example/n?a=1&amp;b=2">` + numberXML + hostXML +
			`<quality-of-service priority="high" delivery-method="preferconfirmed" network="GSM" network-required="true" ` +
			`bearer="SMS" bearer-required="true"/></push-message></pap>`},
		{"least push-message in 1.0", Document{Version: Version{1, 0}, Message: &PushMessage{
			PushID: "1@x", Addresses: []Address{number}, QoS: &QualityOfService{Priority: push.PriorityLow, DeliveryMethod: push.Confirmed},
		}}, head10 + `<pap><push-message push-id="1@x">` + numberXML +
			`<quality-of-service priority="low" delivery-method="confirmed"/></push-message></pap>`},
		{
			"push-id with quotes, brackets and line ends",
			Document{Version: v20, Message: &CancelMessage{PushID: "a\"b<c>d&e'f\n\tg"}},
			head20 + `<pap><cancel-message push-id="a&quot;b&lt;c&gt;d&amp;e'f&#10;&#9;g"/></pap>`,
		},
		{"push-response", Document{Version: Version{2, 1}, Message: &PushResponse{
			PushID: "1@x", SenderAddress: "http://ppg/", SenderName: "ppgbox", ReplyTime: at,
			ProgressNotes: []ProgressNote{{Stage: "queued", Note: "n", Time: at}, {Stage: "sent"}},
			Addresses:     []Address{number}, Result: Result{AcceptedForProcessing, "Accepted for Processing"},
		}}, head21 + `<pap><push-response push-id="1@x" sender-address="http://ppg/" sender-name="ppgbox" ` +
			`reply-time="2026-01-01T08:00:00Z"><progress-note stage="queued" note="n" time="2026-01-01T08:00:00Z"/>` +
			`<progress-note stage="sent"/>` + numberXML +
			`<response-result code="1001" desc="Accepted for Processing"/></push-response></pap>`},
		{
			"cancel-message",
			Document{Version: v20, Message: &CancelMessage{PushID: "1@x", Addresses: []Address{number, host}}},
			head20 + `<pap><cancel-message push-id="1@x">` + numberXML + hostXML + `</cancel-message></pap>`,
		},
		{"cancel-response", Document{Version: v20, Message: &CancelResponse{PushID: "1@x", Results: []CancelResult{
			{Addresses: []Address{number}, Code: OK}, {Addresses: []Address{host}, Code: CancellationNotPossible, Desc: "late"},
		}}}, head20 + `<pap><cancel-response push-id="1@x"><cancel-result code="1000">` + numberXML +
			`</cancel-result><cancel-result code="2008" desc="late">` + hostXML + `</cancel-result></cancel-response></pap>`},
		{"resultnotification-message", Document{Version: v20, Message: &ResultNotification{
			PushID: "1@x", SenderAddress: "a", SenderName: "b", ReceivedTime: at, EventTime: at.Add(time.Second), State: StateDelivered,
			Code: OK, Desc: "OK", Addresses: []Address{number},
			QoS: &QualityOfService{DeliveryMethod: push.Unconfirmed, Network: "GSM", Bearer: "SMS"},
		}}, head20 + `<pap><resultnotification-message push-id="1@x" sender-address="a" sender-name="b" ` +
			`received-time="2026-01-01T08:00:00Z" event-time="2026-01-01T08:00:01Z" message-state="delivered" code="1000" desc="OK">` +
			numberXML + `<quality-of-service delivery-method="unconfirmed" network="GSM" bearer="SMS"/></resultnotification-message></pap>`},
		{"resultnotification-response", Document{Version: Version{2, 2}, Message: &ResultNotificationResponse{
			PushID: "1@x", Code: OK, Desc: "d", Addresses: []Address{number},
		}}, head22 + `<pap><resultnotification-response push-id="1@x" code="1000" desc="d">` + numberXML + `</resultnotification-response></pap>`},
		{
			"statusquery-message",
			Document{Version: v20, Message: &StatusQuery{PushID: "1@x", Addresses: []Address{number}}},
			head20 + `<pap><statusquery-message push-id="1@x">` + numberXML + `</statusquery-message></pap>`,
		},
		{"statusquery-response", Document{Version: v20, Message: &StatusQueryResponse{PushID: "1@x", Results: []StatusQueryResult{
			{
				EventTime: at, State: StateDelivered, Code: OK, Desc: "d", Addresses: []Address{number},
				QoS: &QualityOfService{DeliveryMethod: push.Confirmed},
			},
			{State: StatePending, Code: AcceptedForProcessing, Addresses: []Address{host}},
		}}}, head20 + `<pap><statusquery-response push-id="1@x"><statusquery-result event-time="2026-01-01T08:00:00Z" ` +
			`message-state="delivered" code="1000" desc="d">` + numberXML + `<quality-of-service delivery-method="confirmed"/></statusquery-result>` +
			`<statusquery-result message-state="pending" code="1001">` + hostXML + `</statusquery-result></statusquery-response></pap>`},
		{
			"ccq-message",
			Document{Version: v20, Message: &CCQMessage{QueryID: "q", AppID: "a", Addresses: []Address{number}}},
			head20 + `<pap><ccq-message query-id="q" app-id="a">` + numberXML + `</ccq-message></pap>`,
		},
		{
			"ccq-response",
			Document{Version: v20, Message: &CCQResponse{QueryID: "q", Code: CapabilitiesNotAvailable, Desc: "d", Addresses: []Address{number}}},
			head20 + `<pap><ccq-response query-id="q" code="3008" desc="d">` + numberXML + `</ccq-response></pap>`,
		},
		{
			"badmessage-response",
			Document{Version: v20, Message: &BadMessageResponse{Code: BadRequest, Desc: "d", Fragment: "<x"}},
			head20 + `<pap><badmessage-response code="2000" desc="d" bad-message-fragment="&lt;x"/></pap>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Append(nil, c.doc)
			if string(got) != c.want+"\n" {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			back, err := parse(string(got))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, c.doc) {
				t.Errorf("read back %+v, want %+v", back.Message, c.doc.Message)
			}
		})
	}
}

func address(t testing.TB, text string) Address {
	t.Helper()
	a, err := ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPushResponseOfPAP1HasNoAddresses(t *testing.T) {
	m := &PushResponse{PushID: "1", Addresses: []Address{{Text: "x"}}, Result: Result{Code: OK}}
	if got := string(Append(nil, Document{Version: Version{1, 0}, Message: m})); strings.Contains(got, "<address") {
		t.Error(got)
	}
}

func TestAppendReplacesWhatXMLCanNotCarry(t *testing.T) {
	got := string(Append(nil, Document{Message: &CancelMessage{PushID: "a\x00\xFF\uFFFFb"}}))
	if !strings.Contains(got, "push-id=\"a\uFFFD\uFFFD\uFFFDb\"") || !strings.HasPrefix(got, head20) {
		t.Error(got)
	}
	if _, err := parse(got); err != nil {
		t.Error(err)
	}
}

func TestCode(t *testing.T) {
	for _, c := range []struct {
		code    Code
		class   int
		generic Code
		text    string
	}{
		{1001, 1, 1001, "1001 Accepted for Processing"},
		{2007, 2, 2007, "2007 Duplicate Push ID"},
		{2009, 2, 2000, "2009 Bad Request"},
		{3999, 3, 3000, "3999 Internal Server Error"},
		{4503, 4, 4000, "4503 Service Failure"},
		{5026, 5, 5026, "5026 Client Aborted, USERREQ"},
		{5030, 5, 5030, "5030 Client Aborted, USERDCU"},
		{22005, 2, 2000, "22005 Bad Request"},
		{0, 0, 0, "0"},
	} {
		if c.code.Class() != c.class || c.code.Generic() != c.generic || c.code.String() != c.text {
			t.Errorf("%d: class %d generic %d text %q", int(c.code), c.code.Class(), int(c.code.Generic()), c.code)
		}
	}
}

func TestCodeNames(t *testing.T) {
	known := 0
	for c := Code(1000); c < 6000; c++ {
		if c.name() != "" {
			known++
		}
	}
	// OMA-TS-PAP §9.14: 2 of class 1, 9 of class 2, 12 of class 3, 2 of class 4, 5000 and five of WSP.
	if known != 2+9+12+2+6 {
		t.Errorf("%d codes have a name", known)
	}
}

func TestMessageStateFinal(t *testing.T) {
	for s, want := range map[MessageState]bool{
		StateRejected: true, StatePending: false, StateDelivered: true, StateUndeliverable: true, StateExpired: true,
		StateAborted: true, StateTimeout: true, StateCancelled: true, StateUnknown: false,
	} {
		if s.Final() != want {
			t.Errorf("%s: %v", s, s.Final())
		}
		if got, err := parseState(string(s)); err != nil || got != s {
			t.Errorf("%s reads as %s, %v", s, got, err)
		}
	}
	if _, err := parseState("gone"); err == nil {
		t.Error(`"gone" is no message state`)
	}
}
