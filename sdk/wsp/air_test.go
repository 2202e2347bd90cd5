package wsp

import (
	"bytes"
	"slices"
	"testing"
)

// submission is what a Kannel PPG was seen to send to handsets, next to what belongs there.
func submission() []Header {
	return []Header{
		{"Host", "ppg"},
		{"Authorization", "Basic c2VjcmV0"},
		{"User-Agent", "mmsc"},
		{"Accept", "*/*"},
		{"X-Request-Id", "1"},
		{"Content-Length", "5"},
		{"Encoding-Version", "1.3"},
		{"MIME-Version", "1.0"},
		{"Content-Transfer-Encoding", "binary"},
		{"Connection", "keep-alive"},
		{"Content-Type", "text/vnd.wap.si"},
		{"X-Kannel-SMSC", "a"},
		{"x-wap-application-id", "mms.ua"},
		{"Expires", "0"},
		{"X-Operator", "b"},
	}
}

func TestAirHeaders(t *testing.T) {
	tests := []struct {
		name  string
		extra []string
		want  []string
	}{
		{"default", nil, []string{"x-wap-application-id", "Expires"}},
		{"one more", []string{"x-operator"}, []string{"x-wap-application-id", "Expires", "X-Operator"}},
		{"never, even on request", []string{"authorization", "User-Agent", "Content-Length", "Accept", "x-kannel-smsc"}, []string{"x-wap-application-id", "Expires"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, h := range AirHeaders(submission(), tt.extra...) {
				got = append(got, h.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A caller that forgets AirHeaders does not send credentials.
func TestEncodePushLeavesOutWhatNeverGoes(t *testing.T) {
	pdu, err := EncodePush(Push{ContentType: "application/vnd.wap.sic", Headers: submission()}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(pdu, []byte("c2VjcmV0")) {
		t.Errorf("the authorization is in % x", pdu)
	}
	p, err := DecodePush(pdu)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range p.Headers {
		got = append(got, h.Name)
	}
	if want := []string{"X-Request-Id", "X-Wap-Application-Id", "Expires", "X-Operator"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
