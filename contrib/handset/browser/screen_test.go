package browser

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const deck = `<?xml version="1.0"?><!DOCTYPE wml PUBLIC "-//WAPFORUM//DTD WML 1.1//EN" "http://www.wapforum.org/DTD/wml_1.1.xml">
	<wml><head><meta name="a" content="b"/></head><template><do type="prev"><prev/></do></template>
	<card id="a" title="Mail &#228;"><p>You have
	<b>4</b> new<br/>e-mails &amp; more</p><p><a href="http://example.com/mail/1">first</a> <img src="x" alt="pic"/></p></card>
	<card id="b" title="no"><p>second card</p></card></wml>`

func TestScreen(t *testing.T) {
	kannel, err := decodeReply(7, octets(t, kannelDeck))
	if err != nil {
		t.Fatal(err)
	}
	const version, utf8Charset = "\x03\x04", "\x6a"
	for _, tt := range []struct{ name, mediaType, body, want string }{
		{"WML that Kannel compiled", "application/vnd.wap.wmlc", string(kannel.body), "Mail ä\nYou have 4 new\ne-mails & more $5\nfirst pic"},
		{"WML", "text/vnd.wap.wml", deck, "Mail ä\nYou have 4 new\ne-mails & more\nfirst pic"},
		{"variables of WML", "text/vnd.wap.wml", "<wml><card><p>$$5 $(x:escape)$y, $ 6</p></card></wml>", "$5 , $ 6"},
		{"WML that was converted", "text/vnd.wap.wml", `<?xml version="1.0" encoding="koi8-r"?><wml><card><p>ö</p></card></wml>`, "ö"},
		{"no variables of HTML", "text/html", "<p>$$5 $x</p>", "$$5 $x"},
		{"nothing", "image/gif", "", ""},
		{"HTML", "text/html", "<html><head><title>T</title><style>p{}</style></head><body><P>Hi&nbsp;you<BR>there<hr><script>x()</script></body>", "Hi you\nthere"},
		{"text", "text/plain", "one\r\ntwo  words\x1b[2J\n", "one\ntwo words\uFFFD[2J"},
		{"text that is not UTF-8", "text/plain", "\xff", "(1 octets of text/plain)"},
		{"an image", "image/vnd.wap.wbmp", "\x00\x00", "(2 octets of image/vnd.wap.wbmp)"},
		{"a public identifier in the table", "application/vnd.wap.wmlc", "\x03\x00\x00" + utf8Charset + "\x02x\x00\x7f\x67\x60\x83\x00\x01\x01\x01", "x"},
		{"a literal element", "application/vnd.wap.wmlc", version + utf8Charset + "\x04odd\x00\x7f\x44\x00\x03a\x00\x02\x81\x69\x01\x01", "aé"},
		{"opaque octets and extensions", "application/vnd.wap.wmlc", version + utf8Charset + "\x00\x7f\x60\xc3\x02ab\xc0\x40v\x00\x00\x00\x03a\x00\x01\x01", "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := screen(tt.mediaType, []byte(tt.body)); err != nil || got != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestScreenRefuses(t *testing.T) {
	for _, tt := range []struct{ name, mediaType, body string }{
		{"no document", "application/vnd.wap.wmlc", "\x03"},
		{"no root", "application/vnd.wap.wmlc", "\x03\x04\x6a\x00\x01"},
		{"cut in a string", "application/vnd.wap.wmlc", "\x03\x04\x6a\x00\x7f\x60\x03ab"},
		{"cut in attributes", "application/vnd.wap.wmlc", "\x03\x04\x6a\x00\xe7\x36\x03a\x00"},
		{"elements left open", "application/vnd.wap.wmlc", "\x03\x04\x6a\x00\x7f\x60\x01"},
		{"a table longer than the document", "application/vnd.wap.wmlc", "\x03\x04\x6a\x7fa"},
		{"a string outside the table", "application/vnd.wap.wmlc", "\x03\x04\x6a\x02a\x00\x7f\x83\x05\x01"},
		{"a number of six octets", "application/vnd.wap.wmlc", "\x03\x84\x84\x84\x84\x84\x04\x6a\x00\x7f\x01"},
		{"a number of 33 bits", "application/vnd.wap.wmlc", "\x03\x90\x80\x80\x80\x00\x6a\x00\x7f\x01"},
		{"another charset", "application/vnd.wap.wmlc", "\x03\x04\x04\x00\x7f\x01"},
		{"deep", "application/vnd.wap.wmlc", "\x03\x04\x6a\x00" + strings.Repeat("\x7f", 100) + strings.Repeat("\x01", 100)},
		{"deep WML", "text/vnd.wap.wml", strings.Repeat("<p>", 100)},
		{"WML that is cut", "text/vnd.wap.wml", "<wml><card"},
		{"WML in another charset", "text/vnd.wap.wml", `<?xml version="1.0" encoding="koi8-r"?><wml/>` + "\xf6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := screen(tt.mediaType, []byte(tt.body)); err == nil {
				t.Errorf("it shows %q", got)
			}
		})
	}
}

func FuzzReply(f *testing.F) {
	for _, s := range []string{kannelDeck, kannelText, kannelBadGateway, "07 04 20 01 94 03 04 6a 00 7f 60 03 6100 01 01", "07 04 20 01 88 3c776d6c3e"} {
		f.Add(octets(f, s))
	}
	f.Fuzz(func(t *testing.T, pdu []byte) {
		r, err := decodeReply(7, pdu)
		if err != nil {
			return
		}
		if r.status < 100 || r.status > 599 || len(r.body) > len(pdu) {
			t.Errorf("status %d, %d octets of %d", r.status, len(r.body), len(pdu))
		}
		for _, mediaType := range []string{r.contentType, "application/vnd.wap.wmlc", "text/html"} {
			text, err := screen(mediaType, r.body)
			if err == nil && strings.HasPrefix(text, "(") {
				continue // of a type that is not known
			}
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
				t.Errorf("%s shows %q", mediaType, text)
			}
		}
	})
}
