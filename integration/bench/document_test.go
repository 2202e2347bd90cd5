//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestPushesDifferOnlyInTheirNumber(t *testing.T) {
	d := newDocument(1, "http://127.0.0.1:1/results")
	one := string(d.push(1))
	two := string(d.push(12345678))
	if len(one) != len(two) {
		t.Fatalf("%d and %d octets", len(one), len(two))
	}
	if strings.Contains(two, blank) {
		t.Errorf("a number is missing: %s", two)
	}
	if got := strings.ReplaceAll(one, "00000001", "12345678"); got != two {
		t.Errorf("got\n%s\nwant\n%s", two, got)
	}
	if n := strings.Count(two, "12345678"); n != 4 { // push-id, recipient, link, text
		t.Errorf("the number stands %d times", n)
	}
	_, body, length, err := cutMessage([]byte(two))
	if err != nil || length != len(two) || !bytes.HasSuffix(body, []byte("--\r\n")) {
		t.Errorf("no whole HTTP message: %d of %d octets, %v", length, len(two), err)
	}
}

func TestCarried(t *testing.T) {
	d := newDocument(1, "")
	text := func(n string) string { return strings.Replace(texts[1], blank, n, 1) }
	tests := []struct {
		name    string
		content string
		want    int
		ok      bool
	}{
		{name: "whole", content: "\x06m/00000042\x00\x03" + text("00000042") + "\x00\x01", want: 42, ok: true},
		{name: "text of another push", content: "m/00000042\x03" + text("00000043")},
		{name: "no link", content: "\x03" + text("00000042")},
		{name: "link cut off", content: text("00000042") + "m/000"},
		{name: "text cut off", content: "m/00000042" + text("00000042")[:60]},
		{name: "text changed behind the number", content: "m/00000042" + strings.Replace(text("00000042"), "Friday", "Sunday", 1)},
		{name: "no digits", content: "m/00000042" + text("0000004x")},
		{name: "empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n, ok := d.carried([]byte(test.content))
			if ok != test.ok || ok && n != test.want {
				t.Errorf("got %d, %v", n, ok)
			}
		})
	}
}
