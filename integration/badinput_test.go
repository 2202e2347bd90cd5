package integration

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
)

// Bad input gets an answer that says what and where, nothing of it is accepted, and the gateway goes on.
func TestBadInput(t *testing.T) {
	terminal := listenTerminal(t, loopback(2))
	notifications := initiator.Listen(t)
	gateway := newBox(t, "")
	gateway.Start(t)
	client := gateway.Client()

	// good is what every row spoils in one place.
	good := func(id string) initiator.Push {
		return initiator.Push{
			ID: id, NotifyTo: notifications.URL, To: []string{gateway.Address(loopback(2))},
			Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, "short"),
		}
	}
	spoil := func(change func(*initiator.Push)) func(string) (string, []byte) {
		return func(id string) (string, []byte) {
			p := good(id)
			change(&p)
			return initiator.MultipartType, initiator.Multipart(p.Control(), p.Type, p.Content)
		}
	}
	control := func(old, new string) func(string) (string, []byte) {
		return func(id string) (string, []byte) {
			p := good(id)
			c := p.Control()
			if !strings.Contains(c, old) {
				panic(old + " is not in the control document")
			}
			return initiator.MultipartType, initiator.Multipart(strings.Replace(c, old, new, 1), p.Type, p.Content)
		}
	}
	entity := func(contentType string, change func(string) string) func(string) (string, []byte) {
		return func(id string) (string, []byte) {
			p := good(id)
			return contentType, []byte(change(string(initiator.Multipart(p.Control(), p.Type, p.Content))))
		}
	}
	same := func(s string) string { return s }

	tests := []struct {
		name string
		make func(id string) (contentType string, body []byte)
		http int
		code string // of PAP, as a pattern; "" if the answer is HTTP's alone
		says string // in the text of the answer, as a pattern
	}{
		{"MIME: no boundary", entity(`multipart/related; type="application/xml"`, same), 202, "2000", "boundary"},
		{"MIME: another boundary", entity(`multipart/related; type="application/xml"; boundary="else"`, same), 202, "2000", "."},
		{"MIME: ends in the content", entity(initiator.MultipartType, func(s string) string { return s[:len(s)-30] }), 202, "2000", "."},
		{"MIME: no content", entity(initiator.MultipartType, func(s string) string {
			parts := strings.Split(s, "--part-of-a-push")
			return "--part-of-a-push" + parts[1] + "--part-of-a-push--\r\n"
		}), 202, "2000", "."},
		{"MIME: neither multipart nor XML", entity("text/plain", same), 415, "", "."},
		{"MIME: empty", entity(initiator.MultipartType, func(string) string { return "" }), 202, "2000", "."},

		{"XML: not closed", control("</push-message>", ""), 202, "2000", "."},
		{"XML: a NUL octet", control("<push-message", "\x00<push-message"), 202, "2000", "."},
		{"XML: another root", control("<pap>", "<pip>"), 202, "2000", "."},
		{"XML: unknown element", control("</push-message>", "<surprise/></push-message>"), 202, "2000", "surprise"},
		{"XML: no push-id", control("push-id=", "id="), 202, "2000", "."},
		{"XML: entities that grow", func(id string) (string, []byte) {
			p := good(id)
			p.Attributes = `source-reference="&c;"`
			c := strings.Replace(p.Control(), `pap_2.0.dtd">`, `pap_2.0.dtd" [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`, 1)
			return initiator.MultipartType, initiator.Multipart(c, p.Type, p.Content)
		}, 202, "2000", "."},
		{"XML: a version that is not served", control("-//WAPFORUM//DTD PAP 2.0//EN", "-//WAPFORUM//DTD PAP 7.0//EN"), 202, "3002", "."},

		{"date: no such day", spoil(func(p *initiator.Push) { p.Attributes = `deliver-before-timestamp="2031-02-30T00:00:00Z"` }), 202, "2000", "deliver-before-timestamp"},
		{"date: not a date", spoil(func(p *initiator.Push) { p.Attributes = `deliver-after-timestamp="tomorrow"` }), 202, "2000", "deliver-after-timestamp"},
		{"date: past", spoil(func(p *initiator.Push) { p.Attributes = `deliver-before-timestamp="2001-01-01T00:00:00Z"` }), 202, "2\\d\\d\\d", "."},

		{"address: none", spoil(func(p *initiator.Push) { p.To = nil }), 202, "2000", "address"},
		{"address: empty", spoil(func(p *initiator.Push) { p.To = []string{""} }), 202, "200[02]", "address"},
		{"address: no type", spoil(func(p *initiator.Push) { p.To = []string{"WAPPUSH=+46702123456@ppg.example.net"} }), 202, "2002", "."},
		{"address: letters in a number", spoil(func(p *initiator.Push) { p.To = []string{"WAPPUSH=+4670FOUR/TYPE=PLMN@ppg.example.net"} }), 202, "2002", "."},
		{"address: not an IPv4 address", spoil(func(p *initiator.Push) { p.To = []string{"WAPPUSH=10.45.0.777/TYPE=IPv4@ppg.example.net"} }), 202, "2002", "."},
		{"address: one of two is bad", spoil(func(p *initiator.Push) { p.To = append(p.To, "WAPPUSH=/TYPE=PLMN@ppg.example.net") }), 202, "2002", "."},

		{"content: unknown type", spoil(func(p *initiator.Push) { p.Type = "application/x-unheard-of" }), 202, "2\\d\\d\\d", "."},
		{"content: too large", spoil(func(p *initiator.Push) { p.Content = strings.Repeat("x", 2<<20) }), 413, "", "."},
		{"recipients: too many", spoil(func(p *initiator.Push) {
			p.To = nil
			for i := range 1001 {
				p.To = append(p.To, gateway.Address(fmt.Sprintf("127.1.%d.%d", i/250, i%250)))
			}
		}), 202, "\\d{4}", "1000"},
		{"operation: an answer", func(string) (string, []byte) {
			return "application/xml", []byte(initiator.Control(`<push-response push-id="1@pi.example"><response-result code="1001"/></push-response>`))
		}, 202, "2000", "."},
	}
	before := memory(t, gateway.PID(t))
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			id := fmt.Sprintf("bad-%d@pi.example", i)
			contentType, body := test.make(id)
			answer, err := client.Post(contentType, body)
			if err != nil {
				t.Fatal(err)
			}
			if answer.HTTP != test.http {
				t.Errorf("HTTP %d, want %d:\n%s", answer.HTTP, test.http, answer.Body)
			}
			if !regexp.MustCompile("^(" + test.code + ")$").MatchString(answer.Code()) {
				t.Errorf("code %q, want %q:\n%s", answer.Code(), test.code, answer.Body)
			}
			text := answer.Desc()
			if test.code == "" {
				text = answer.Body
			}
			if !regexp.MustCompile(test.says).MatchString(text) {
				t.Errorf("the answer %q says nothing with %q", text, test.says)
			}
			if answer.Code() != "1001" {
				checkUnknown(t, client, id)
			}
		})
	}

	t.Run("duplicate push-id", func(t *testing.T) {
		push := good("twice@pi.example")
		accept(t, client, push)
		answer, err := client.Submit(push)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Code() != "2007" {
			t.Errorf("code %q, want 2007:\n%s", answer.Code(), answer.Body)
		}
		notifications.Await(t, push.ID, 30*time.Second)
	})
	t.Run("no such service", func(t *testing.T) {
		elsewhere := gateway.Client()
		elsewhere.URL = strings.TrimSuffix(elsewhere.URL, "/pap") + "/elsewhere"
		if answer, err := elsewhere.Submit(good("elsewhere@pi.example")); err != nil || answer.HTTP != http.StatusNotFound {
			t.Errorf("HTTP %d, %v, want 404", answer.HTTP, err)
		}
	})
	t.Run("not a POST", func(t *testing.T) {
		response, err := http.Get(gateway.PAP)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed && response.StatusCode != http.StatusUnauthorized {
			t.Errorf("HTTP %d, want 405", response.StatusCode)
		}
	})
	for name, change := range map[string]func(*initiator.Client){
		"wrong password": func(c *initiator.Client) { c.Password = "guess" },
		"unknown user":   func(c *initiator.Client) { c.Username = "nobody" },
		"no credentials": func(c *initiator.Client) { c.Username = "" },
	} {
		t.Run(name, func(t *testing.T) {
			stranger := gateway.Client()
			change(stranger)
			answer, err := stranger.Submit(good("stranger@pi.example"))
			if err != nil {
				t.Fatal(err)
			}
			if answer.HTTP != http.StatusUnauthorized || !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("HTTP %d with challenge %q, want 401 with Basic", answer.HTTP, answer.Header.Get("WWW-Authenticate"))
			}
		})
	}

	// The next good push is served, and with it two came to the terminal, since only one before it was good.
	push := good("after@pi.example")
	accept(t, client, push)
	if n := notifications.Await(t, push.ID, 30*time.Second); n.State != "delivered" {
		t.Errorf("result notification %+v after all the bad input, want delivered", n)
	}
	if got := terminal.Load(); got != 2 {
		t.Errorf("%d pushes came to the terminal, want 2", got)
	}
	if grown := memory(t, gateway.PID(t)) - before; grown > 64<<10 {
		t.Errorf("the host grew by %d KiB", grown)
	}
	gateway.Stop(t)
}

// listenTerminal counts what comes to a terminal's port for pushes.
func listenTerminal(t *testing.T, address string) *atomic.Int64 {
	t.Helper()
	conn, err := net.ListenPacket("udp", address+":2948")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	count := &atomic.Int64{}
	go func() {
		for {
			if _, _, err := conn.ReadFrom(make([]byte, 2048)); err != nil {
				return
			}
			count.Add(1)
		}
	}()
	return count
}

// checkUnknown fails the test unless the gateway has never heard of the push: nothing of it was accepted.
func checkUnknown(t *testing.T, client *initiator.Client, pushID string) {
	t.Helper()
	answer, err := client.Post("application/xml", []byte(initiator.Control(`<statusquery-message push-id="`+pushID+`"/>`)))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer.Body, `code="2004"`) { // Push ID Not Found, OMA-TS-PAP §9.14.4
		t.Errorf("status query for what was refused: HTTP %d, want code 2004:\n%s", answer.HTTP, answer.Body)
	}
}

// memory returns the resident set of a process in KiB.
func memory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		var kib int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatal("no VmRSS in /proc/PID/status")
	return 0
}
