//go:build linux

package main

import (
	"encoding/hex"
	"strings"
	"testing"
)

// submitBody is the body of a submit_sm from 1234 to 3585000000007 (SMPP 3.4 §4.4.1).
func submitBody(t *testing.T, esmClass, length, data, tlvs string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(
		"00"+ // service_type
			"0000 3132333400"+ // source
			"0101 3335383530303030303030303700"+ // destination
			esmClass+"0000"+ // protocol_id, priority_flag
			"00 00"+ // schedule_delivery_time, validity_period
			"00 00 f5 00"+length+data+tlvs, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseSubmit(t *testing.T) {
	tests := []struct {
		name                           string
		esmClass, length, data, tlvs   string
		content                        string
		part, parts, reference, toPort int
		bad                            bool
	}{
		{name: "plain", esmClass: "00", length: "02", data: "6869", content: "hi", part: 1, parts: 1},
		{name: "ports", esmClass: "42", length: "09", data: "06 05040b8423f0 6869", content: "hi", part: 1, parts: 1, toPort: 2948},
		{
			name: "ports and 8-bit concatenation", esmClass: "42", length: "0e", data: "0b 05040b8423f0 0003a70302 6869",
			content: "hi", part: 2, parts: 3, reference: 0xa7, toPort: 2948,
		},
		{
			name: "16-bit concatenation", esmClass: "40", length: "09", data: "06 080401020201 6869", content: "hi",
			part: 1, parts: 2, reference: 0x0102,
		},
		{name: "message_payload", esmClass: "00", length: "00", tlvs: "0424 0002 6869", content: "hi", part: 1, parts: 1},
		{name: "shorter than sm_length", esmClass: "00", length: "03", data: "6869", bad: true},
		{name: "header longer than the data", esmClass: "40", length: "02", data: "0505", bad: true},
		{name: "element longer than the header", esmClass: "40", length: "03", data: "02 0505", bad: true},
		{name: "part 4 of 3", esmClass: "40", length: "07", data: "05 0003a70304 68", bad: true},
		{name: "part 0", esmClass: "40", length: "07", data: "05 0003a70300 68", bad: true},
		{name: "parameter cut off", esmClass: "00", length: "00", tlvs: "0424 0009 68", bad: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, ok := parseSubmit(submitBody(t, test.esmClass, test.length, test.data, test.tlvs))
			if ok == test.bad {
				t.Fatalf("read: %v", ok)
			}
			if test.bad {
				return
			}
			if string(s.content) != test.content || s.part != test.part || s.parts != test.parts || s.reference != test.reference || s.port != test.toPort {
				t.Errorf("got %+v", s)
			}
			if string(s.destination) != "3585000000007" {
				t.Errorf("destination %q", s.destination)
			}
		})
	}
	if _, ok := parseSubmit([]byte("\x00\x00")); ok {
		t.Error("two octets were read as a submit_sm")
	}
}
