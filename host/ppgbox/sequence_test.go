package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/store"
)

// offlinePush is one that made the network activate a context.
func offlinePush() admin.Push {
	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return received.Add(time.Duration(ms) * time.Millisecond) }
	given := func(ms int) *time.Time { t := at(ms); return &t }
	network := func(ms int, from, to, text string) store.Step {
		return store.Step{At: at(ms), Name: "network", From: from, To: to, Text: text}
	}
	return admin.Push{
		PushID: "p<1>", Initiator: "portal", Received: received, ContentType: "text/vnd.wap.si",
		Deliveries: []admin.Delivery{{
			Address: "WAPPUSH=a/TYPE=USER", State: "delivered", Code: 1000, Text: "sent", At: given(200),
			Notification: &admin.Notification{State: "acknowledged", Ended: given(210)},
			Attempts: []admin.Attempt{{
				Number: 1, Bearer: "pdp", Ended: given(200), Outcome: "accepted",
				Steps: []store.Step{
					{At: at(1), Name: "policy", Text: "push, attempt 1 of 1"},
					{At: at(1), Name: "route", Plugin: "hlr", Node: "ggsn1", Text: "offline", Took: 3 * time.Millisecond},
					{At: at(5), Name: "send", Plugin: "pdp", Node: "ggsn1", Text: "30 octets"},
					network(6, "bearer pdp", "GGSN ggsn1", "push"), network(7, "GGSN ggsn1", "HLR", "Send Routeing Information"),
					network(20, "HLR", "GGSN ggsn1", "SGSN 10.23.0.2"), network(21, "GGSN ggsn1", "SGSN 10.23.0.2", "PDU Notification Request"),
					network(150, "GGSN ggsn1", "terminal", "WSP Push"),
					{At: at(5), Name: "outcome", Plugin: "pdp", Node: "ggsn1", Text: "accepted", Took: 195 * time.Millisecond},
				},
			}},
		}},
	}
}

func TestSequenceWithLetters(t *testing.T) {
	var out bytes.Buffer
	for _, s := range newSequences(offlinePush(), true) {
		s.print(&out)
	}
	text := out.String()
	at := 0
	for _, want := range []string{
		"PI", "PPG", "routing hlr", "bearer pdp", "GGSN ggsn1", "HLR", "SGSN 10.23.0.2", "terminal\n",
		"push-message", "---->|", "push-response 1001", "|<----", "where is the terminal?", "node ggsn1, offline", "push, 30 octets",
		"Send Routeing Information", "SGSN 10.23.0.2", "PDU Notification Request", "WSP Push", "accepted", "delivered, 1000 sent",
		"resultnotification-message: delivered; acknowledged",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("no %q in its place in:\n%s", want, text)
		}
		at += i + len(want)
	}
	for line := range strings.Lines(text) { // an arrow ends at lifelines, whatever is between them
		if strings.Contains(line, "--") && !strings.Contains(line, "->|") && !strings.Contains(line, "|<-") {
			t.Errorf("the arrow goes nowhere: %q", line)
		}
	}
}

// Without plugins it reads like the figure of a specification, and fits a terminal.
func TestSequenceOfTheNetwork(t *testing.T) {
	var out bytes.Buffer
	for _, s := range newSequences(offlinePush(), false) {
		s.print(&out)
	}
	text := out.String()
	for _, want := range []string{"routing hlr: node ggsn1, offline", "bearer pdp: accepted", "Send Routeing Information"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > storyWidth {
			t.Errorf("%d columns: %q", n, line)
		}
	}
	if strings.Contains(text, "bearer pdp   ") {
		t.Errorf("the bearer is a party:\n%s", text)
	}
}

func TestSequenceAsSVG(t *testing.T) {
	text := svgSequences(append(newSequences(offlinePush(), true), newSequences(offlinePush(), true)...))
	d := xml.NewDecoder(strings.NewReader(text))
	lifelines := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("it is no XML: %v\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			for _, a := range e.Attr {
				if a.Name.Local == "stroke-dasharray" {
					lifelines++
				}
			}
		}
	}
	if lifelines != 16 || strings.Count(text, "PDU Notification Request") != 2 || !strings.Contains(text, "p&lt;1&gt;") {
		t.Errorf("%d lifelines:\n%s", lifelines, text)
	}
}
