package wsp

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const siBody = `02056a0045c60d0378797a008503656d61696c2f3132332f6162632e776d6c001103314078797a2e636f6d00080ac307
	1999062515231510c304199906300103596f7520686176652034206e657720656d61696c73000101`

// Whole PDUs, checked with Wireshark's WSP dissector as UDP to port 2948, unless the name says otherwise.
var golden = []struct {
	name        string
	header      string // TID to the last header
	body        string
	contentType string
	headers     []Header
}{
	{"SI, shortest header", `01 06 01 ae`, siBody, "application/vnd.wap.sic", nil},
	{
		"SI, charset and Push-Flag", `01 06 06 03 ae 81 ea b4 84`, siBody,
		"application/vnd.wap.sic; charset=utf-8",
		[]Header{{"Push-Flag", "4"}},
	},
	{
		"CO", `03 06 01 b2`,
		`03076a004586070378797a0085037072696365732e776d6c000187070378797a0085036170702f000101`,
		"application/vnd.wap.coc", nil,
	},
	{
		"EMN, registered type as long-integer", `04 06 06 03 02 03 0a af 89`,
		`030d6a008507036a6f65406578616d706c65008505c3072002011412300501`,
		"application/vnd.wap.emn+wbxml",
		[]Header{{"X-Wap-Application-Id", "x-wap-application:emn.ua"}},
	},
	{
		"provisioning, SEC USERPIN and MAC",
		`05 06 2f 1f 2d b6 91 81 92 3643443438424644374646433333313833313534373334444634343334444136393445323545364100`,
		`030b6a004501`,
		"application/vnd.wap.connectivity-wbxml; sec=1; mac=6CD48BFD7FFC33183154734DF4434DA694E25E6A", nil,
	},
	{
		"MMS notification", `06 06 03 be af 84`,
		`8c82985431008d928914802b333538343031322f545950453d504c4d4e008a808e0275308805810303f48083687474703a2f2f6d6d73632f543100`,
		"application/vnd.wap.mms-message",
		[]Header{{"X-Wap-Application-Id", "x-wap-application:mms.ua"}},
	},
	{
		"SUPL INIT", `07 06 06 03 02 03 12 af 90`, `0011010000400001`,
		"application/vnd.omaloc-supl-init",
		[]Header{{"X-Wap-Application-Id", "x-oma-application:ulp.ua"}},
	},
	{
		"SIA", `08 06 03 b4 af 81`, `0002af8208c40b23f10a000001`,
		"application/vnd.wap.sia",
		[]Header{{"X-Wap-Application-Id", "x-wap-application:push.sia"}},
	},
}

func TestEncodeGolden(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			want := unhex(t, g.header+g.body)
			got, err := EncodePush(Push{TID: want[0], ContentType: g.contentType, Headers: g.headers, Data: unhex(t, g.body)}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(got) != hex.EncodeToString(want) {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestDecodeGolden(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			pdu := unhex(t, g.header+g.body)
			got, err := DecodePush(pdu)
			want := Push{TID: pdu[0], ContentType: g.contentType, Headers: g.headers, Data: unhex(t, g.body)}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("error %v\ngot  %+v\nwant %+v", err, got, want)
			}
		})
	}
}

// PDUs that others make and we would not.
func TestDecodeOthers(t *testing.T) {
	tests := []struct {
		name, pdu string
		want      Push
	}{
		{
			"default application named, checked with Wireshark", `01 06 08 03 ae 81 ea af 82 b4 84 61`,
			Push{TID: 1, ContentType: "application/vnd.wap.sic; charset=utf-8", Data: []byte("a"), Headers: []Header{
				{"X-Wap-Application-Id", "x-wap-application:wml.ua"}, {"Push-Flag", "4"},
			}},
		},
		{
			"the PDU inside the SMPP vector (submit_sm to port 2948)", `01 06 01 ae` + siBody,
			Push{TID: 1, ContentType: "application/vnd.wap.sic", Data: unhex(t, siBody)},
		},
		{"confirmed push", `09 07 01 ae`, Push{TID: 9, Confirmed: true, ContentType: "application/vnd.wap.sic", Data: []byte{}}},
		{
			"MMS notification as Kannel writes it",
			`01 06 24 ` + hex.EncodeToString([]byte("application/vnd.wap.mms-message\x00")) + `af 84 8d 81 02 61`,
			Push{TID: 1, ContentType: "application/vnd.wap.mms-message", Data: []byte{0x02, 0x61}, Headers: []Header{
				{"X-Wap-Application-Id", "x-wap-application:mms.ua"}, {"Content-Length", "1"},
			}},
		},
		{
			"type in text with parameters in text", `01 06 10 0f 746578742f7800 6100 81 6200 226300`,
			Push{TID: 1, ContentType: "text/x; a=1; b=c", Data: []byte{}},
		},
		{"unknown type number", `01 06 01 d9`, Push{TID: 1, ContentType: "x-wsp-unknown/0x59", Data: []byte{}}},
		{
			"unknown headers skipped", `01 06 16 ae f0 81 f0 03 010203 f0 1f 02 0102 f0 6100 b4 81 7800 79 00`,
			Push{TID: 1, ContentType: "application/vnd.wap.sic", Data: []byte{}, Headers: []Header{{"Push-Flag", "1"}, {"x", "y"}}},
		},
		{
			"code page shifts", `01 06 0f ae 7f 02 b4 81 6100 6200 03 b4 82 01 b4 84`,
			Push{TID: 1, ContentType: "application/vnd.wap.sic", Data: []byte{}, Headers: []Header{{"a", "b"}, {"Push-Flag", "4"}}},
		},
		{
			"application number not assigned", `01 06 05 ae af 02 7fff`,
			Push{TID: 1, ContentType: "application/vnd.wap.sic", Data: []byte{}, Headers: []Header{{"X-Wap-Application-Id", "32767"}}},
		},
		{
			"value of another form than the header's", `01 06 08 ae 92 6100 88 02 ff 81`,
			Push{TID: 1, ContentType: "application/vnd.wap.sic", Data: []byte{}, Headers: []Header{
				{"Date", "a"}, {"Cache-Control", "x-wsp-directive-255=1"},
			}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DecodePush(unhex(t, tt.pdu))
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("error %v\ngot  %+v\nwant %+v", err, got, tt.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name, pdu string
		offset    int
		reason    string
	}{
		{"nothing", ``, 0, "ends"},
		{"TID only", `01`, 1, "ends"},
		{"a Get", `01 40 00`, 1, "not a push"},
		{"no headers length", `01 06`, 2, "ends"},
		{"headers length beyond the end", `01 06 05 ae`, 3, "5 octets are announced, 1 are left"},
		{"headers length of 40 bits", `01 06 ff ff ff ff ff 01`, 7, "32 bits"},
		{"no content type", `01 06 00`, 3, "no content type"},
		{"content type without end", `01 06 02 61 62 00`, 3, "no end"},
		{"content type longer than the headers", `01 06 02 05 ae 81 ea`, 4, "5 octets"},
		{"empty content type", `01 06 01 00`, 4, "no media type"},
		{"parameter without value", `01 06 03 02 ae 81`, 6, "no value"},
		{"charset beyond the content type", `01 06 04 03 ae 81 02 03`, 7, "ends"},
		{"header without value", `01 06 02 ae b4`, 5, "no value"},
		{"header value beyond the headers", `01 06 04 ae b4 02 01 01`, 6, "2 octets"},
		{"header text without end", `01 06 03 ae 61 62 00`, 4, "no end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := DecodePush(unhex(t, tt.pdu))
			var e *DecodeError
			if !errors.As(err, &e) {
				t.Fatalf("got error %v and %+v", err, p)
			}
			if e.Offset != tt.offset || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v, want octet %d: … %s", e, tt.offset, tt.reason)
			}
		})
	}
}

func TestEncodeErrors(t *testing.T) {
	tests := []struct {
		name        string
		contentType string
		header      Header
		want        string
	}{
		{"no content type", "", Header{"a", "b"}, `"" is not a content type`},
		{"content type without subtype", "text", Header{"a", "b"}, `"text" is not`},
		{"parameter that is none", "text/x; ;=", Header{"a", "b"}, "not a parameter"},
		{"NUL in a parameter", "text/x; a=\"\x00\"", Header{"a", "b"}, "control character"},
		{"header name with a space", "text/x", Header{"a b", "c"}, "not a header name"},
		{"empty header name", "text/x", Header{"", "c"}, "not a header name"},
		{"line feed in a value", "text/x", Header{"a", "b\nc: d"}, "header a: control character 0x0a"},
		{"NUL in a value", "text/x", Header{"X-Wap-Content-URI", "b\x00c"}, "header X-Wap-Content-URI: control character"},
		{"date", "text/x", Header{"Date", "yesterday"}, "header Date"},
		{"number", "text/x", Header{"Push-Flag", "last"}, "header Push-Flag"},
		{"app-encoding", "text/x", Header{"X-Wap-Application-Id", "x:y;app-encoding=q"}, "header X-Wap-Application-Id"},
		{"app-encoding of another application", "text/x", Header{"X-Wap-Application-Id", "x:y;app-encoding=4"}, "number of x-wap-application:mms.ua"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pdu, err := EncodePush(Push{ContentType: tt.contentType, Headers: []Header{tt.header}}, 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got % x, error %v, want …%s", pdu, err, tt.want)
			}
		})
	}
}

func FuzzDecodePush(f *testing.F) {
	for _, g := range golden {
		f.Add(unhex(f, g.header+g.body))
	}
	f.Add(unhex(f, `01 06 16 ae f0 81 f0 03 010203 f0 1f 02 0102 f0 6100 b4 81 7800 79 00`))
	f.Add(unhex(f, `01 06 1d ae 88 04 82 02 0e10 ae 06 81 86 612e6200 8c 99 8b 80 92 04 37 00 00 00 c0 22 6100`))
	f.Fuzz(func(t *testing.T, pdu []byte) {
		p, err := DecodePush(pdu)
		if err != nil {
			var e *DecodeError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(pdu) {
				t.Fatalf("error %v for %d octets", err, len(pdu))
			}
			return
		}
		// What can be encoded again says the same. Decoding is wider: text may hold what a sender may not write.
		again, err := EncodePush(p, Version14)
		if err != nil {
			return
		}
		q, err := DecodePush(again)
		if err != nil {
			t.Fatalf("%v in % x", err, again)
		}
		if q.TID != p.TID || q.Confirmed != p.Confirmed || string(q.Data) != string(p.Data) {
			t.Fatalf("got %+v, want %+v", q, p)
		}
	})
}

// FuzzEncodePush: a header is what a Push Initiator wrote. One that can be written is read again, as one header or, of a list, as
// several of its name: nobody gets a header past the gateway in the value of another.
func FuzzEncodePush(f *testing.F) {
	f.Add("text/vnd.wap.si; charset=utf-8", "X-Wap-Application-Id", "x-wap-application:mms.ua")
	f.Add("application/vnd.wap.sic", "Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	f.Add("text/x; a=\"b\\\"\"; start=<a@b>; q=0.333", "Content-Language", "en, sv;q=0.5")
	f.Add("a/b", "Cache-Control", "no-cache=\"Set-Cookie\", max-age=3600")
	f.Add("a/b", "X-Other", "one\r\nTwo: three")
	f.Fuzz(func(t *testing.T, contentType, name, value string) {
		in := Push{TID: 1, ContentType: contentType, Headers: []Header{{name, value}}, Data: []byte("data")}
		pdu, err := EncodePush(in, 0)
		if err != nil {
			return
		}
		out, err := DecodePush(pdu)
		if err != nil {
			t.Fatalf("%v in % x", err, pdu)
		}
		if string(out.Data) != "data" || out.TID != 1 {
			t.Fatalf("% x is read as %+v", pdu, out)
		}
		for _, h := range out.Headers {
			if !strings.EqualFold(h.Name, strings.TrimSpace(name)) {
				t.Fatalf("%q: %q is read as %+v", name, value, out.Headers)
			}
		}
		if HeaderNever(name) && len(out.Headers) != 0 {
			t.Fatalf("%s went over the air", name)
		}
	})
}
