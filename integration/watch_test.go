package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// A real Prometheus scrapes the gateway and answers from what it read; its own promtool finds nothing to say about the names.
func TestPrometheusScrapes(t *testing.T) {
	peers.Need(t, peers.Prometheus)
	smsc := peers.StartNodeSMSC(t)
	notifications := initiator.Listen(t)
	gateway := newBox(t, smsc.Address)
	gateway.Start(t)
	base := startPrometheus(t, gateway)

	const pushes = 5
	for n := range pushes {
		p := initiator.Push{
			ID: fmt.Sprintf("watched-%d@pi.example", n), NotifyTo: notifications.URL, To: []string{gateway.Address(fmt.Sprintf("+4670%07d", n))},
			Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, siText),
		}
		accept(t, gateway.Client(), p)
		notifications.Await(t, p.ID, 30*time.Second)
	}
	wrong := initiator.NewClient(gateway.PAP, "pi", "wrong")
	if a, err := wrong.Submit(initiator.Push{ID: "refused@pi.example"}); err != nil || a.HTTP != http.StatusUnauthorized {
		t.Fatalf("a wrong password: HTTP %d, %v", a.HTTP, err)
	}
	for query, want := range map[string]string{
		`ppgbox_submissions_total{code="1001"}`:                                      "5",
		`ppgbox_pap_requests_total{status="202"}`:                                    "5",
		`ppgbox_pap_requests_total{status="401"}`:                                    "1",
		`ppgbox_deliveries_finished_total{state="delivered",code="1000"}`:            "5",
		`ppgbox_attempts_total{bearer="sms",outcome="delivered"}`:                    "5",
		`ppgbox_notifications_total{result="acknowledged"}`:                          "5",
		`ppgbox_stage_seconds_count{stage="encode",plugin="wbxml"}`:                  "5",
		`histogram_quantile(1, ppgbox_attempt_seconds_bucket) < bool 10`:             "1",
		`ppgbox_plugin_up{plugin="sms"}`:                                             "1",
		`sum(ppgbox_deliveries_by_state)`:                                            "0",
		`ppgbox_bearer_queue_deliveries{bearer="sms"}`:                               "0",
		`ppgbox_store_commit_seconds_count >= bool 15`:                               "1",
		`ppgbox_store_commit_events_count == bool ppgbox_store_commit_seconds_count`: "1",
	} {
		var got string
		process.Eventually(t, 30*time.Second, "Prometheus answers "+query, func() bool {
			got = instant(t, base, query)
			return got == want
		})
	}

	metrics := body(t, gateway.Admin+"/metrics")
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(metrics)
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	gateway.Stop(t)
}

// startPrometheus runs a Prometheus that scrapes the gateway every second, and returns its URL.
func startPrometheus(t *testing.T, gateway *box.Box) string {
	t.Helper()
	folder := t.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: ppgbox\n    static_configs: [{targets: ['%s']}]\n",
		strings.TrimPrefix(gateway.Admin, "http://"))
	file := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := process.FreeAddress(t)
	p := process.Start(t, "prometheus", exec.Command("prometheus", "--config.file="+file,
		"--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address), nil)
	base := "http://" + address
	process.Eventually(t, time.Minute, "Prometheus is ready", func() bool {
		select {
		case <-p.Done():
			t.Fatal("Prometheus has ended")
		default:
		}
		status, _ := ask(base + "/-/ready")
		return status == http.StatusOK
	})
	return base
}

// instant returns the one value that a query has now, or "" if it has none (Prometheus' HTTP API, instant queries).
func instant(t *testing.T, base, query string) string {
	t.Helper()
	var answer struct {
		Status string
		Data   struct {
			Result []struct{ Value [2]any }
		}
	}
	text := body(t, base+"/api/v1/query?query="+url.QueryEscape(query))
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %v in %s", query, err, text)
	}
	if len(answer.Data.Result) != 1 {
		return ""
	}
	value, _ := answer.Data.Result[0].Value[1].(string)
	return value
}

// /readyz follows what is around the gateway: the SMSC is not there, is there, and the gateway stops with a push on the air.
// /healthz stays well all the time.
func TestReadyFollowsTheNetwork(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	front := newGate(t, smsc.Address)
	gateway := newBox(t, front.address)
	gateway.Start(t)
	if !notReady(t, gateway, "bearer", "sms") {
		t.Error("ready without an SMSC")
	}
	front.open.Store(true)
	process.Eventually(t, 30*time.Second, "the gateway is ready", func() bool {
		status, _ := ask(gateway.Admin + "/readyz")
		return status == http.StatusOK
	})
	front.cut()
	process.Eventually(t, 30*time.Second, "the bearer is missing", func() bool { return notReady(t, gateway, "bearer", "sms") })
	front.open.Store(true)

	smsc.Always(t, peers.Answer{Delay: 3000})
	process.Eventually(t, 30*time.Second, "the gateway is ready again", func() bool {
		status, _ := ask(gateway.Admin + "/readyz")
		return status == http.StatusOK
	})
	accept(t, gateway.Client(), initiator.Push{
		ID: "last@pi.example", To: []string{gateway.Address("+46702123456")}, Type: "text/vnd.wap.si",
		Content: initiator.SI(siHref, siID, siAction, "short"),
	})
	process.Eventually(t, 30*time.Second, "the push is on the air", func() bool { return len(smsc.Submits()) > 0 })
	if err := syscall.Kill(gateway.PID(t), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	process.Eventually(t, 2*time.Second, "the gateway says that it is stopping", func() bool { return notReady(t, gateway, "gateway", "") })
	if !gateway.Healthy() {
		t.Error("not healthy while it stops")
	}
	gateway.Stop(t)
}

// notReady reports whether /readyz refuses and names what is missing.
func notReady(t *testing.T, gateway *box.Box, what, name string) bool {
	t.Helper()
	status, text := ask(gateway.Admin + "/readyz")
	var ready struct {
		OK      bool
		Missing []struct{ What, Name, Reason string }
	}
	if status != http.StatusServiceUnavailable || json.Unmarshal([]byte(text), &ready) != nil || ready.OK {
		return false
	}
	for _, m := range ready.Missing {
		if m.What == what && m.Name == name && m.Reason != "" {
			return gateway.Healthy()
		}
	}
	return false
}

// ask returns the status and body of a GET, 0 if there is no answer.
func ask(url string) (status int, text string) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get(url)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(b)
}

// body returns what a GET answers with 200.
func body(t *testing.T, url string) string {
	t.Helper()
	status, text := ask(url)
	if status != http.StatusOK {
		t.Fatalf("%s: HTTP %d:\n%s", url, status, text)
	}
	return text
}
