package browser

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncodeGet(t *testing.T) {
	accept := "8094 8082 8083 8080 81ea"
	long := "http://a/" + strings.Repeat("x", 191)
	for _, tt := range []struct{ name, uri, want string }{
		{"short", "http://a/", "07 40 09 687474703a2f2f612f" + accept},
		{"with a length of two octets", long, "07 40 8148" + hex.EncodeToString([]byte(long)) + accept}, // 200 = 1<<7 + 0x48
	} {
		if pdu, err := encodeGet(7, tt.uri); err != nil || string(pdu) != string(octets(t, tt.want)) {
			t.Errorf("%s: %x, %v", tt.name, pdu, err)
		}
	}
	for _, uri := range []string{"", strings.Repeat("x", longestURI+1)} {
		if _, err := encodeGet(7, uri); err == nil {
			t.Errorf("an address of %d octets is encoded", len(uri))
		}
	}
}

// Replies of the wapbox of Kannel 1.4.5.
var (
	// to a deck of WML that it compiled
	kannelDeck = `07 04 20 28
		94 a6 42617365485454502f302e3620507974686f6e2f332e31312e3700 92 046b037f1f 8d 018b c393
		01 04 6a 02 7800 7f e7 55 03 6100 36 03 4d61696c20c3a400 01 60 03 596f75206861766520 00 64 03 3400 01 03 206e657700
		26 03 652d6d61696c732026206d6f72652000 82 00 03 20243500 01 60 dc 4b 03 6578616d706c6500 85 03 6d61696c2f3100 01
		03 666972737400 01 ae 32 03 7800 0c 03 70696300 01 01 01 e7 55 03 6200 01 60 03 7365636f6e64206361726400 01 01 01`
	// to text in UTF-8
	kannelText = `07 04 20 2a 03 83 81 ea a6 42617365485454502f302e3620507974686f6e2f332e31312e3700 92 046b037f2f 8d 87 c393 4772c3b6c39f65`
	// to the address of a host that does not answer: 502
	kannelBadGateway = "07 04 62 05 83 8d 80 c3 93"
)

func TestDecodeReply(t *testing.T) {
	for _, tt := range []struct {
		name, pdu   string
		status      int
		contentType string
		body        int // octets
	}{
		{"a deck", kannelDeck, 200, "application/vnd.wap.wmlc", 139},
		{"text", kannelText, 200, "text/plain; charset=utf-8", 7},
		{"bad gateway", kannelBadGateway, 502, "text/plain", 0},
	} {
		r, err := decodeReply(7, octets(t, tt.pdu))
		if err != nil || r.status != tt.status || r.contentType != tt.contentType || len(r.body) != tt.body {
			t.Errorf("%s: %d %q, %d octets, %v", tt.name, r.status, r.contentType, len(r.body), err)
		}
	}
	for _, tt := range []struct {
		name, pdu string
		another   bool
	}{
		{"another transaction", "08 04 62 05 83 8d 80 c3 93", true},
		{"a push", "07 06 05 83 8d 80 c3 93", true},
		{"nothing", "", true},
		{"no status", "07 04", false},
		{"a status that is none", "07 04 00 01 83", false},
		{"headers longer than the datagram", "07 04 20 7f 83", false},
	} {
		if _, err := decodeReply(7, octets(t, tt.pdu)); err == nil || errors.Is(err, errAnother) != tt.another {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// The first and the last of each class (WAP-230, Table 36).
func TestHTTPStatus(t *testing.T) {
	for code, want := range map[byte]int{
		0x10: 100, 0x20: 200, 0x26: 206, 0x30: 300, 0x37: 307, 0x40: 400, 0x44: 404, 0x4F: 415, 0x50: 416, 0x51: 417, 0x52: 0, 0x60: 500, 0x65: 505, 0x00: 0, 0x70: 0,
	} {
		if got := httpStatus(code); got != want {
			t.Errorf("%#02x is %d, want %d", code, got, want)
		}
	}
}
