package smsc

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func get(t testing.TB, s *SMSC, path string) (status int, body string) {
	t.Helper()
	resp, err := http.Get("http://" + s.AdminAddress() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestHealthAndMetrics(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, gatewayESME("adopt = true"), m)
	session := bind(t, s, "ppg")
	result := submit(t, session, pushTo(number(1), text("x", 100)))
	waiting := m.next()
	submit(t, session, segmentsOf(number(2), 1, text("x", 200))[0])
	until(t, "one is held", func() bool { return s.standing().Held == 1 })
	status, body := get(t, s, "/readyz")
	var h Health
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusOK || !h.OK || h.Suspended != 1 || h.Held != 1 || h.Binds != 1 || h.ESMEs["ppg"] != 1 || h.Places != 100 || len(h.Missing) != 0 {
		t.Errorf("%d, %+v", status, h)
	}
	m.reply(waiting, smpp.StatusOK, nil)
	receive(t, result, "an answer")
	call(t, session, pushTo("x", nil))
	if _, err := dial(s, "nobody", "", smpp.Transceiver); err == nil {
		t.Error("nobody is bound")
	}
	_, body = get(t, s, "/metrics")
	for _, want := range []string{
		`ppgbox_smsc_answers_total{status="ESME_ROK",system_id="ppg"} 1`,
		`ppgbox_smsc_answers_total{status="ESME_RINVDSTADR",system_id="ppg"} 1`,
		`ppgbox_smsc_transactions_total{class="push",status="ESME_ROK"} 1`,
		`ppgbox_smsc_segments_total{result="through"} 1`, `ppgbox_smsc_transaction_seconds_count 1`,
		`ppgbox_smsc_binds_refused_total{status="ESME_RINVSYSID"} 1`,
		`ppgbox_smsc_suspended 0`, `ppgbox_smsc_held_segments 1`, `ppgbox_smsc_binds 1`, `ppgbox_smsc_delivery_places 100`,
		`ppgbox_smsc_delivery_link_up{address="` + m.address() + `",delivery="0"} 1`,
	} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(want) + `$`).MatchString(body) {
			t.Errorf("no %s", want)
		}
	}
	_ = m.listener.Close()
	m.cut()
	until(t, "the link is lost", func() bool { return s.links.Places() == 0 })
	if status, body := get(t, s, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, m.address()) {
		t.Errorf("without a link: %d, %s", status, body)
	}
	if _, body := get(t, s, "/metrics"); !strings.Contains(body, `ppgbox_smsc_delivery_link_up{address="`+m.address()+`",delivery="0"} 0`) {
		t.Errorf("without a link: %s", body)
	}
	if status, body := get(t, s, "/healthz"); status != http.StatusOK || !strings.Contains(body, `"ok":false`) {
		t.Errorf("without a link: %d, %s", status, body)
	}
}
