package wsp

import (
	"encoding/hex"
	"slices"
	"testing"
)

// Octets are put together by hand after WAP-230 §8.4 with the assigned numbers; back is what a terminal reads, if that is
// not the value.
func TestHeaders(t *testing.T) {
	tests := []struct {
		name    string
		header  Header
		version Version
		octets  string
		back    []Header
	}{
		{"application by URI", Header{"X-WAP-Application-ID", "x-wap-application:mms.ua"}, 0, "af 84", []Header{{"X-Wap-Application-Id", "x-wap-application:mms.ua"}}},
		{"application by short name", Header{"X-Wap-Application-Id", "mms.ua"}, 0, "af 84", []Header{{"X-Wap-Application-Id", "x-wap-application:mms.ua"}}},
		{"application by number", Header{"X-Wap-Application-Id", "4"}, 0, "af 84", []Header{{"X-Wap-Application-Id", "x-wap-application:mms.ua"}}},
		{"application as long-integer", Header{"X-Wap-Application-Id", "x-oma-nokia:sip.ua"}, 0, "af 02 9010", nil},
		{"application any", Header{"X-Wap-Application-Id", "*"}, 0, "af 80", nil},
		{"default application", Header{"X-Wap-Application-Id", "x-wap-application:wml.ua"}, 0, "", []Header{}},
		{"default application by number", Header{"X-Wap-Application-Id", "2"}, 0, "", []Header{}},
		{"application without number", Header{"X-Wap-Application-Id", "urn:a"}, 0, "af 75726e3a6100", nil},
		{"app-encoding decimal", Header{"X-Wap-Application-Id", "urn:a; app-encoding=100"}, 0, "af e4", []Header{{"X-Wap-Application-Id", "100"}}},
		{"app-encoding hexadecimal", Header{"X-Wap-Application-Id", "urn:a;app-encoding=0xA001"}, 0, "af 02 a001", []Header{{"X-Wap-Application-Id", "40961"}}},
		{"app-encoding with a hexadecimal letter", Header{"X-Wap-Application-Id", "urn:a;app-encoding=9F01"}, 0, "af 02 9f01", []Header{{"X-Wap-Application-Id", "40705"}}},
		{"assigned number outranks app-encoding", Header{"X-Wap-Application-Id", "x-wap-application:emn.ua;app-encoding=4"}, 0, "af 89", []Header{{"X-Wap-Application-Id", "x-wap-application:emn.ua"}}},
		{"Push-Flag", Header{"push-flag", "7"}, 0, "b4 87", []Header{{"Push-Flag", "7"}}},
		{"content URI", Header{"X-Wap-Content-URI", "http://a"}, 0, "b0 687474703a2f2f6100", nil},
		{"initiator URI", Header{"X-Wap-Initiator-URI", "a"}, 0, "b1 6100", nil},
		{"location", Header{"Content-Location", "a"}, 0, "8e 6100", nil},
		{"text that begins above 0x7F", Header{"Content-Location", "ä"}, 0, "8e 7f c3a400", nil},
		{"date", Header{"Date", "Fri, 25 Jun 1999 15:23:15 GMT"}, 0, "92 04 3773 9ee3", nil},
		{"date of RFC 850", Header{"Last-Modified", "Friday, 25-Jun-99 15:23:15 GMT"}, 0, "9d 04 3773 9ee3", []Header{{"Last-Modified", "Fri, 25 Jun 1999 15:23:15 GMT"}}},
		{"already expired", Header{"Expires", "0"}, 0, "94 01 00", []Header{{"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}}},
		{"no-cache", Header{"Cache-Control", "no-cache"}, 0, "88 80", nil},
		{"no-transform in a newer version", Header{"Cache-Control", "No-Transform"}, Version14, "88 88", []Header{{"Cache-Control", "no-transform"}}},
		{"max-age", Header{"Cache-Control", "max-age=3600"}, 0, "88 04 82 02 0e10", nil},
		{"max-age in one octet", Header{"Cache-Control", "max-age=\"60\""}, 0, "88 02 82 bc", []Header{{"Cache-Control", "max-age=60"}}},
		{
			"several directives",
			Header{"Cache-Control", `no-store, private="a, b", s-maxage=1`},
			0,
			"88 81 43616368652d436f6e74726f6c00 707269766174653d22612c20622200 43616368652d436f6e74726f6c00 732d6d61786167653d3100",
			[]Header{{"Cache-Control", "no-store"}, {"Cache-Control", `private="a, b"`}, {"Cache-Control", "s-maxage=1"}},
		},
		{"language", Header{"Content-Language", "en"}, 0, "8c 99", nil},
		{"languages", Header{"Content-Language", "ZH, en-GB"}, 0, "8c c1 8c 656e2d474200", []Header{{"Content-Language", "zh"}, {"Content-Language", "en-GB"}}},
		{"encoding", Header{"Content-Encoding", "gzip"}, 0, "8b 80", nil},
		{"encoding deflate", Header{"Content-Encoding", "deflate"}, 0, "8b 82", nil},
		{"encoding without number", Header{"Content-Encoding", "br"}, 0, "8b 627200", nil},
		{"disposition", Header{"Content-Disposition", "attachment; filename=a.b"}, 0, "ae 06 81 86 612e6200", nil},
		{"disposition inline", Header{"Content-Disposition", "inline"}, 0, "ae 01 82", nil},
		{"disposition of another word", Header{"Content-Disposition", "x"}, 0, "ae 02 7800", nil},
		{"newer than 1.2 goes by name", Header{"Content-ID", "<a>"}, 0, "436f6e74656e742d494400 3c613e00", nil},
		{"the same for 1.3", Header{"Content-ID", `"<a>"`}, Version13, "c0 22 3c613e00", []Header{{"Content-ID", "<a>"}}},
		{"another header", Header{"X-Thing", " one two "}, 0, "582d5468696e6700 6f6e652074776f00", []Header{{"X-Thing", "one two"}}},
		{"another header, empty", Header{"X-Thing", ""}, 0, "582d5468696e6700 00", nil},
		{"another header above 0x7F", Header{"X-Thing", "ä"}, 0, "582d5468696e6700 7f c3a4 00", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := appendHeader(nil, tt.header, tt.version.orDefault())
			if err != nil {
				t.Fatal(err)
			}
			if want := hex.EncodeToString(unhex(t, tt.octets)); hex.EncodeToString(got) != want {
				t.Errorf("got  %x\nwant %s", got, want)
			}
			want := tt.back
			if want == nil {
				want = []Header{tt.header}
			}
			c := newCursor(got)
			if back := decodeHeaders(c); c.err != nil || !slices.Equal(back, want) {
				t.Errorf("back %q, error %v, want %q", back, c.err, want)
			}
		})
	}
}

func TestContentTypes(t *testing.T) {
	tests := []struct {
		name, contentType string
		version           Version
		octets            string
		back              string
	}{
		{"one octet", "Application/vnd.wap.SIC", 0, "ae", "application/vnd.wap.sic"},
		{"utf-8", "application/vnd.wap.slc; charset=UTF-8", 0, "03 b0 81 ea", "application/vnd.wap.slc; charset=utf-8"},
		{"charset as long-integer", "text/plain; charset=\"big5\"", 0, "05 83 81 02 07ea", "text/plain; charset=big5"},
		{"charset without number", "text/plain;charset=koi8-r", 0, "10 83 6368617273657400 6b6f69382d7200", "text/plain; charset=koi8-r"},
		{"text", "application/json", 0, "6170706c69636174696f6e2f6a736f6e00", ""},
		{"text with parameter", "a/b; charset=utf-8", 0, "06 612f6200 81 ea", ""},
		{"newer than 1.2 is text", "text/css", 0, "746578742f63737300", ""},
		{"the same for 1.3", "text/css", Version13, "bd", ""},
		{"push type newer than 1.2", "application/vnd.oma.drm.rights+wbxml", 0, "cb", ""},
		{"registered push type with parameter", "application/vnd.wap.emn+wbxml; charset=utf-8", 0, "05 02030a 81 ea", ""},
		{"registered type newer than 1.2 is text", "text/calendar", 0, "746578742f63616c656e64617200", ""},
		{"registered type for 1.5", "text/calendar", Version15, "03 02 0305", ""},
		{"type parameter", "application/vnd.wap.multipart.related; type=application/vnd.wap.wmlc; start=\"<a>\"", 0, "08 b3 89 94 8a 3c613e00", `application/vnd.wap.multipart.related; type="application/vnd.wap.wmlc"; start="<a>"`},
		{"name parameter", "text/x-vcard; name=\"a b.vcf\"", 0, "0a 87 85 6120622e76636600", `text/x-vcard; name="a b.vcf"`},
		{"SEC by name", "application/vnd.wap.connectivity-wbxml; SEC=netwpin; MAC=AB", 0, "07 b6 91 80 92 414200", "application/vnd.wap.connectivity-wbxml; sec=0; mac=AB"},
		{"parameter not known, a number", "a/b; v=10", 0, "07 612f6200 7600 8a", ""},
		{"parameter not known, no number again", "a/b; v=010", 0, "0a 612f6200 7600 30313000", ""},
		{"parameter not known, to be quoted", `a/b; v="1;2"`, 0, "0b 612f6200 7600 22 313b3200", ""},
		{"trailing semicolon", "a/b;", 0, "612f6200", "a/b"},
		{"more than 30 octets", "a/b; name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, "1f 24 612f6200 85 616161616161616161616161616161616161616161616161616161616161 00", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := appendContentType(nil, tt.contentType, tt.version.orDefault())
			if err != nil {
				t.Fatal(err)
			}
			if want := hex.EncodeToString(unhex(t, tt.octets)); hex.EncodeToString(got) != want {
				t.Errorf("got  %x\nwant %s", got, want)
			}
			want := tt.back
			if want == "" {
				want = tt.contentType
			}
			c := newCursor(got)
			if back := c.contentType(); c.err != nil || back != want || c.more() {
				t.Errorf("back %q, error %v, want %q", back, c.err, want)
			}
		})
	}
}

// Parameters that are read and not written: forms of other versions and of multiparts.
func TestDecodeParameters(t *testing.T) {
	tests := []struct{ name, octets, want string }{
		{"q of two digits", "80 47", "q=0.70"},
		{"q of three digits", "80 83 31", "q=0.333"},
		{"level", "82 92", "level=1.2"},
		{"type as integer", "83 b3", "type=51"},
		{"any charset", "81 80", "charset=mib-0"},
		{"secure", "90 00", "secure"},
		{"creation date", "93 04 37739ee3", `creation-date="Fri, 25 Jun 1999 15:23:15 GMT"`},
		{"name of 1.4, quoted", "97 22612062 00", `name="a b"`},
		{"name of 1.4, token", "97 6100", `name=a`},
		{"not assigned", "a0 81", "x-wsp-parameter-0x20"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCursor(unhex(t, tt.octets))
			if got := decodeParameter(c).String(); got != tt.want || c.err != nil || c.more() {
				t.Errorf("got %q, error %v, want %q", got, c.err, tt.want)
			}
		})
	}
}

func TestTables(t *testing.T) {
	for i, w := range wellKnownHeaders {
		if int(w.code) != i {
			t.Errorf("header %s of code %#x stands at %#x", w.name, w.code, i)
		}
	}
	numbers := map[string]uint64{"*": 0x00, "en": 0x19, "de": 0x16, "fr": 0x22, "es": 0x1B, "it": 0x34, "pt": 0x5A, "ru": 0x5F, "zh": 0x41, "ja": 0x36, "ko": 0x3D, "fi": 0x1F, "sv": 0x70, "ar": 0x05, "hi": 0x2B}
	for name, want := range numbers {
		if name == "*" { // the list begins at 0 with it
			continue
		}
		if got, ok := languageByName(name); !ok || got != want {
			t.Errorf("language %s has number %#x, want %#x", name, got, want)
		}
	}
	if len(languages) != 0x80 || languages[0] != "*" {
		t.Errorf("%d languages, the first %s", len(languages), languages[0])
	}
	if len(applications) != 45 {
		t.Errorf("%d applications", len(applications))
	}
	if len(mediaTypes) != 133 {
		t.Errorf("%d media types", len(mediaTypes))
	}
}

func TestApplicationURI(t *testing.T) {
	tests := []struct{ value, want string }{
		{"mms.ua", "x-wap-application:mms.ua"},
		{"4", "x-wap-application:mms.ua"},
		{"0x4", "x-wap-application:mms.ua"},
		{"X-WAP-APPLICATION:MMS.UA;app-encoding=7", "x-wap-application:mms.ua"},
		{"urn:a;app-encoding=100", "urn:a"},
		{"urn:a", "urn:a"},
		{"100", "100"},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			if got, err := ApplicationURI(tt.value); err != nil || got != tt.want {
				t.Errorf("got %q, error %v, want %q", got, err, tt.want)
			}
		})
	}
	if got, err := ApplicationURI("urn:a;app-encoding=4"); err == nil {
		t.Errorf("urn:a may claim the number of mms.ua: %q", got)
	}
}
