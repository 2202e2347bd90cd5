package pap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"
)

// tokens describes what next returns up to the end or a fault, each with where it begins. Blanks and comments are left out.
func tokens(next func() (token, int, error)) string {
	var b bytes.Buffer
	for {
		t, at, err := next()
		switch {
		case errors.Is(err, io.EOF):
			fmt.Fprintf(&b, "%d end\n", at)
			return b.String()
		case err != nil:
			fmt.Fprintf(&b, "%d %v\n", at, err)
			return b.String()
		case t.kind == comment, t.kind == charData && blank(t.text):
		default:
			fmt.Fprintf(&b, "%d %d %q %q %q\n", at, t.kind, t.name, t.attr, t.text)
		}
	}
}

func scanned(src []byte) string {
	s := scanner{src: src}
	return tokens(func() (token, int, error) {
		t, err := s.next()
		var e *xml.SyntaxError
		if errors.As(err, &e) {
			e.Line = s.line(e.Line)
		}
		return t, s.start, err
	})
}

func decoded(src []byte) string {
	s := scanner{src: src}
	s.handOver()
	return tokens(func() (token, int, error) {
		t, err := s.next()
		return t, s.start, err
	})
}

func TestScannerReadsPlainDocumentsItself(t *testing.T) {
	for name, doc := range map[string]string{
		"the typical one": `<?xml version="1.0" encoding="utf-8"?>` + "\r\n" +
			`<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "x>y" [<?wap-pap-ver supported-versions="2.0,1.*"?>]>` +
			`<pap><push-message push-id='1"@x' ><address  address-value = "a"/></push-message ></pap>` + "\n",
		"nothing": "",
		"blanks":  " \r\n\t",
	} {
		s := scanner{src: []byte(doc)}
		for {
			if _, err := s.next(); err != nil {
				break
			}
		}
		if s.rest != nil {
			t.Errorf("%s: handed over at %q", name, doc[s.from:])
		}
		if got, want := scanned([]byte(doc)), decoded([]byte(doc)); got != want {
			t.Errorf("%s: tokens\n%s\nencoding/xml:\n%s", name, got, want)
		}
	}
}

// The scanner gives what encoding/xml gives, whatever comes in: the same tokens at the same places, or the same fault.
func FuzzScanner(f *testing.F) {
	for _, doc := range []string{
		full, control,
		"<?xml version='1.1'?><pap/>", `<?xml version="1.0" version='2'?><a b='"' c="'"d=""/> x`,
		"\n<!DOCTYPE a [<!ENTITY x 'y'>]>\n<a>\n</ a>", "<!DOCTYPE a '>' <b>> <!-- - -->\n<a>\n<!-- -- --></a>",
		"<!DOCTYPE<'<'>>", "<!DOCTYPE x<>>", "<a b=\"&#10;\"/>", "<a b=\"\xC3\xA4\xFF\"/>", "<a:b c:d=''/>", "<a\n\nb='<'/>", "<a b/>",
		"<a/ >", "<1/>", "<a1.-_:/>", "<?a??>", "<?xml?>", "<?a:b?>", "<?1?>", "<![CDATA[ ]]>", "<a b='\t\n\x7F'/>", "</a\n>", "<", "</", "<a b = 'c",
		"\n\n  text<a/>", "<a/>\n<a/>\n\x01",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if got, want := scanned(src), decoded(src); got != want {
			t.Errorf("%q: tokens\n%s\nencoding/xml:\n%s", src, got, want)
		}
	})
}
