package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestGuessAddress(t *testing.T) {
	tests := []struct {
		in   string
		want push.Address
	}{
		{"+358401234567", push.Address{Type: push.PLMN, Value: "+358401234567"}},
		{"358401234567", push.Address{Type: push.PLMN, Value: "+358401234567"}},
		{"10.45.0.7", push.Address{Type: push.IPv4, Value: "10.45.0.7"}},
		{"::ffff:10.45.0.7", push.Address{Type: push.IPv4, Value: "10.45.0.7"}},
		{"2001:DB8::7", push.Address{Type: push.IPv6, Value: "2001:db8::7"}},
		{"aisha@example.com", push.Address{Type: push.USER, Value: "aisha@example.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got := guessAddress(tt.in)
			if got != tt.want {
				t.Fatalf("got %+v, want %+v", got, tt.want)
			}
			parsed, err := pap.ParseAddress(clientAddress(tt.in))
			if err != nil || parsed.Client != tt.want {
				t.Errorf("it goes out as %s, which is read as %+v, %v", clientAddress(tt.in), parsed.Client, err)
			}
		})
	}
}

func TestSubmissionFromFlags(t *testing.T) {
	f := pushFlags{
		To: []string{"+358401234567", "10.45.0.7"}, SI: "http://example.com/?a=1&b=2", Text: `4 "new" <emails>`, PushID: "p1",
		Priority: "high", Method: "confirmed", DeliverBefore: time.Hour, NotifyTo: "http://pi.example/", Application: "x-wap-application:wml.ua",
	}
	s, err := f.submission()
	if err != nil {
		t.Fatal(err)
	}
	m := s.Message
	if m.PushID != "p1" || len(m.Addresses) != 2 || m.QoS.Priority != push.PriorityHigh || m.QoS.DeliveryMethod != push.Confirmed ||
		m.NotifyTo != "http://pi.example/" || time.Until(m.DeliverBefore).Round(time.Minute) != time.Hour || !m.DeliverAfter.IsZero() {
		t.Errorf("the control document is %+v with %+v", m, m.QoS)
	}
	want := `<?xml version="1.0"?><si><indication href="http://example.com/?a=1&amp;b=2">4 &quot;new&quot; &lt;emails&gt;</indication></si>`
	if string(s.Content.Body) != want || s.Content.ContentType != "text/vnd.wap.si" || s.Content.Header("X-Wap-Application-Id") != f.Application {
		t.Errorf("the content is %+v", s.Content)
	}
}

func TestSubmissionFromFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	control := `<?xml version="1.0"?><pap><push-message push-id="p2"><address address-value="WAPPUSH=10.45.0.7/TYPE=IPv4"/></push-message></pap>`
	sl := `<sl href="http://example.com/"/>`
	whole := "--b\nContent-Type: application/xml\n\n" + control + "\n--b\nContent-Type: text/vnd.wap.sl\n\n" + sl + "\n--b--\n"
	tests := []struct {
		name  string
		flags pushFlags
	}{
		{"control and content", pushFlags{PAP: write("control.xml", control), Content: write("a.sl", sl)}},
		{"whole submission", pushFlags{PAP: write("whole.mime", whole)}},
		{"whole submission with its Content-Type", pushFlags{PAP: write("typed.mime", "Content-Type: multipart/related; boundary=b\n\n"+whole)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := tt.flags.submission()
			if err != nil {
				t.Fatal(err)
			}
			if s.Message.PushID != "p2" || s.Content.MediaType() != "text/vnd.wap.sl" || strings.TrimSpace(string(s.Content.Body)) != sl {
				t.Errorf("got %+v with %+v", s.Message, s.Content)
			}
		})
	}
	if _, err := (pushFlags{PAP: filepath.Join(dir, "control.xml")}).submission(); err == nil {
		t.Error("a control document without content gave no error")
	}
}
