package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// A push that waits for its next try goes at once when its user's terminal registers.
func TestRegistrationWakesWhatWaits(t *testing.T) {
	terminal, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	g := start(t, fmt.Sprintf(`
[listen]
pap = "127.0.0.1:0"
admin = "127.0.0.1:0"
client = "127.0.0.1:0"
[subscribers]
push_domains = ["push.example.net"]
[[initiator]]
name = "local"
source = "127.0.0.1"
[plugin.ipsegment]
use = "routing/ipsegment"
config.segment = [{ cidr = "127.0.0.0/8", node = "ggsn1" }]
[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
terminal_port = %d
source_port = 0
node = [{ name = "ggsn1", source = "127.0.0.1" }]
[[policy]]
name = "users"
[[policy.attempt]]
bearer = "pdp"
routing = ["ipsegment"]
within = "20m"
retry = { times = 3, after = "10m" }
`, terminal.LocalAddr().(*net.UDPAddr).Port))
	hash := hashOf(t, "s3cret")
	if err := g.pushServer.directory.Put(t.Context(), []store.Subscriber{{Users: []string{"alice@push.example.net"}, Password: []byte(hash)}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	push := []string{"push", "--url", g.papURL + "/wappush", "--to", "alice@push.example.net", "--sl", "http://x.example/", "--push-id", "early"}
	if code := run(push, os.Stdin, &out, &out); code != exitOK {
		t.Fatal(out.String())
	}
	wait := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not in time: " + what)
			}
		}
	}
	status := func() string {
		out.Reset()
		_ = run([]string{"status", "early", "--admin", g.adminURL}, os.Stdin, &out, &out)
		return out.String()
	}
	wait("it waits", func() bool { return strings.Contains(status(), "the pause before it is tried again over pdp") })
	body := strings.NewReader(`{"user":"alice@push.example.net","device":"phone"}`)
	req, err := http.NewRequest(http.MethodPost, "http://"+g.pushServer.clients[0].Addr().String()+"/v1/registration", body)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("alice@push.example.net", "s3cret")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	_ = terminal.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := terminal.Read(make([]byte, 1500)); err != nil {
		t.Errorf("it did not come: %v\n%s", err, status())
	}
	wait("it is delivered", func() bool { return strings.Contains(status(), "delivered") })
}
