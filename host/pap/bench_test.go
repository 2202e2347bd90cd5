package pap

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// typical is a push as an MMSC or a test tool sends it: one recipient, a time limit, a quality of service, an SI.
func typical() (http.Header, []byte) {
	const doc = `<?xml version="1.0"?>
<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd"
  [<?wap-pap-ver supported-versions="2.0,1.*"?>]>
<pap>
  <push-message push-id="2026-0001@pi.example" deliver-before-timestamp="2026-01-02T08:00:00Z"
      ppg-notify-requested-to="http://pi.example/notify" progress-notes-requested="true" source-reference="news">
    <address address-value="WAPPUSH=+358401234567/TYPE=PLMN@ppg.example"/>
    <quality-of-service priority="high" delivery-method="preferconfirmed" network="GSM" network-required="true"
        bearer="SMS" bearer-required="false"/>
  </push-message>
</pap>
`
	h := http.Header{"Content-Type": {related}, "Authorization": {"Basic dTpw"}}
	return h, []byte(multi("Content-Type: application/xml\r\n\r\n"+doc, contentPart))
}

func BenchmarkReadRequest(b *testing.B) {
	h, body := typical()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequest(h, body, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadRequest100Recipients(b *testing.B) {
	h, body := typical()
	body = []byte(strings.Replace(string(body), "    <address", strings.Repeat(plmn, 99)+"<address", 1))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadRequest(h, body, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHandler is everything of a push but the network and the gateway: authentication, reading, answering.
func BenchmarkHandler(b *testing.B) {
	h := newTestHandler(b, benchGateway{}, nil)
	header, body := typical()
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "/wappush", strings.NewReader(string(body)))
		req.Header = header
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != http.StatusAccepted {
			b.Fatal(w.Code, w.Body)
		}
	}
}

func BenchmarkAppendPushResponse(b *testing.B) {
	doc := Document{Version: DefaultVersion, Message: &PushResponse{
		PushID: "2026-0001@pi.example", SenderName: "ppgbox", ReplyTime: replyTime, Result: Result{AcceptedForProcessing, "Accepted"},
	}}
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = Append(buffer[:0], doc)
	}
}

// benchGateway takes every push and keeps nothing.
type benchGateway struct{}

func (benchGateway) Submit(context.Context, *Initiator, *Submission) (*PushResponse, error) {
	return &PushResponse{Result: Result{AcceptedForProcessing, "Accepted for Processing"}}, nil
}

func (benchGateway) Query(context.Context, *Initiator, *StatusQuery) (*StatusQueryResponse, error) {
	return nil, nil
}
