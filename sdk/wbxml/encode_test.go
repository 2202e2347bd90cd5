package wbxml

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// encodeRoot encodes and decodes, and returns the root.
func encodeRoot(t *testing.T, dt *DocumentType, doc string, o Options) *Element {
	t.Helper()
	b, err := dt.Encode([]byte(doc), o)
	if err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	d, err := Decode(b)
	if err != nil {
		t.Fatalf("%v in % x", err, b)
	}
	return d.Root
}

func TestTextOfAnIndication(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"none", "", ""},
		{"only white space", " \n\t ", ""},
		{"white space around", "\n  a text\n  ", "a text"},
		{"white space inside", "a  \n b", "a  \n b"},
		{"CDATA", "<![CDATA[a < b & c]]>", "a < b & c"},
		{"text and CDATA", "x <![CDATA[<y>]]> z", "x <y> z"},
		{"predefined entities", "&lt;&amp;&gt;&quot;&apos;", `<&>"'`},
		{"character references", "&#228;&#x20AC;&#x1F600;", "ä€😀"},
		{"comment and processing instruction", "a<!-- b -->c<?d e?>f", "acf"},
		{"UTF-8", "Grüße 早上好", "Grüße 早上好"},
		{"no-break space is text", "\u00a0x ", "\u00a0x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := encodeRoot(t, si, `<si><indication href="http://a/">`+tt.content+`</indication></si>`, Options{})
			if got := root.Children[0].Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestURLTokens(t *testing.T) {
	const start, end = "06 6a 00 85", "01"
	tests := []struct{ name, href, octets string }{
		{"no prefix", "wtai://a", "08 03 777461693a2f2f6100"},
		{"http", "http://a", "09 03 6100"},
		{"http www", "http://www.a", "0a 03 6100"},
		{"https", "https://a", "0b 03 6100"},
		{"https www", "https://www.a", "0c 03 6100"},
		{"nothing after the prefix", "http://", "09"},
		{"upper case scheme is another text", "HTTP://a", "08 03 485454503a2f2f6100"},
		{"com", "http://a.com/b", "09 03 6100 85 03 6200"},
		{"edu", "http://a.edu/b", "09 03 6100 86 03 6200"},
		{"net", "http://a.net/b", "09 03 6100 87 03 6200"},
		{"org at the end", "http://a.org/", "09 03 6100 88"},
		{"com without slash", "http://a.com", "09 03 612e636f6d00"},
		{"two in a row", ".com/.net/", "08 85 87"},
		{"white space around", " \n http://a\t", "09 03 6100"},
		{"entity", "http://a?b&amp;c", "09 03 613f62266300"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sl.Encode([]byte(`<sl href="`+tt.href+`"/>`), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if want := unhex(t, "02"+start+tt.octets+end); string(got) != string(want) {
				t.Errorf("got  % x\nwant % x", got, want)
			}
		})
	}
}

func TestInputCharsets(t *testing.T) {
	doc := func(declaration, text string) string {
		return declaration + `<si><indication href="http://a/">` + text + `</indication></si>`
	}
	utf16 := func(s string, e unicode.Endianness, bom unicode.BOMPolicy) string {
		out, err := unicode.UTF16(e, bom).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const declared16 = `<?xml version="1.0" encoding="UTF-16"?>`
	tests := []struct{ name, doc, charset, want string }{
		{"none declared", doc("", "Grüße"), "", "Grüße"},
		{"UTF-8 with byte order mark", "\xEF\xBB\xBF" + doc(`<?xml version="1.0" encoding="utf-8"?>`, "Grüße"), "", "Grüße"},
		{"ISO-8859-1 declared", doc(`<?xml version="1.0" encoding="ISO-8859-1"?>`, "Gr\xFC\xDFe"), "", "Grüße"},
		{"us-ascii declared", doc(`<?xml version='1.0' encoding='us-ascii'?>`, "Hello"), "", "Hello"},
		{"us-ascii declared, but UTF-8", doc("", "Grüße"), "US-ASCII", "Grüße"},
		{"ISO-8859-1 as parameter", doc("", "Gr\xFC\xDFe"), "iso-8859-1", "Grüße"},
		{"parameter outranks declaration", doc(`<?xml version="1.0" encoding="ISO-8859-1"?>`, "Grüße"), `"UTF-8"`, "Grüße"},
		{"UTF-16 big endian with mark", utf16(doc(declared16, "早上"), unicode.BigEndian, unicode.UseBOM), "", "早上"},
		{"UTF-16 little endian with mark", utf16(doc(declared16, "早上"), unicode.LittleEndian, unicode.UseBOM), "", "早上"},
		{"UTF-16 big endian, no mark", utf16(doc(declared16, "早上"), unicode.BigEndian, unicode.IgnoreBOM), "", "早上"},
		{"UTF-16 little endian, no mark", utf16(doc("", "早上"), unicode.LittleEndian, unicode.IgnoreBOM), "utf-16", "早上"},
		{"UTF-16 declared, but converted", doc(declared16, "Grüße"), "", "Grüße"},
		{"Shift_JIS declared", doc(`<?xml version="1.0" encoding="Shift_JIS"?>`, "\x93\xFA\x96\x7B"), "", "日本"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := encodeRoot(t, si, tt.doc, Options{Charset: tt.charset})
			if got := root.Children[0].Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// What senders get wrong and a terminal understands nevertheless.
func TestLenient(t *testing.T) {
	tests := []struct {
		name string
		t    *DocumentType
		doc  string
	}{
		{"no href, no si-id", si, `<si><indication action="signal-low">text</indication></si>`},
		{"delete with href only", si, `<si><indication action="delete" href="http://a/"/></si>`},
		{"expires before created", si, `<si><indication href="a" created="2020-01-02T00:00:00Z" si-expires="2020-01-01T00:00:00Z"/></si>`},
		{"namespace and language", si, `<si xmlns="http://x" xmlns:y="http://z"><indication xml:lang="en" href="a"/></si>`},
		{"white space inside an empty element", sl, `<sl href="a"> </sl>`},
		{"white space around a date and an enumeration", si, `<si><indication action=" delete" si-id="a" created=" 2020-01-02T00:00:00Z "/></si>`},
		{"misspelt document type", sl, `<!DOCTYPE sl PUBLIC "-//WAPFORUM/DTD SL 1.0//EN" ""><sl href="a"/>`},
		{"white space before the declaration's document type", sl, "<?xml version=\"1.0\"?>\r\n\r\n<!-- x --><sl href=\"a\"/>\r\n<!-- y -->"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { encodeRoot(t, tt.t, tt.doc, Options{}) })
	}
}

func TestEncodeErrors(t *testing.T) {
	indication := func(attributes string) string { return "<si>\n<indication " + attributes + ">x</indication></si>" }
	tests := []struct {
		name string
		t    *DocumentType
		doc  string
		want EncodeError // Reason is a part of the reason
	}{
		{"empty", si, "", EncodeError{1, "", "", "no element"}},
		{"not XML", si, "hello", EncodeError{1, "", "", "outside"}},
		{"another root", si, slExampleXML, EncodeError{3, "sl", "", "root of SI is si"}},
		{"root in a namespace prefix", si, `<a:si xmlns:a="b"/>`, EncodeError{1, "a:si", "", "root of SI is si"}},
		{"two roots", sl, "<sl href='a'/>\n<sl href='a'/>", EncodeError{2, "", "", "after the end of sl"}},
		{"text after the root", sl, "<sl href='a'/>\nx", EncodeError{1, "", "", "outside"}},
		{"no end", si, "<si>\n<indication>", EncodeError{2, "indication", "", "ends before </indication>"}},
		{"wrong end", si, "<si>\n</sl>", EncodeError{2, "si", "", "</sl> closes no element"}},
		{"end too many", sl, "<sl href='a'/></sl>", EncodeError{1, "", "", "closes no element"}},
		{"syntax", si, "<si>\n<indication href=></indication></si>", EncodeError{2, "si", "", "XML: "}},
		{"unknown entity", si, "<si><indication>\n&nbsp;</indication></si>", EncodeError{2, "indication", "", "entity"}},
		{
			"entity of an internal subset", si, `<!DOCTYPE si [<!ENTITY x "yyyy">]>` + "\n<si><indication>&x;</indication></si>",
			EncodeError{2, "indication", "", "entity"},
		},
		{
			"entity of a file", si, `<!DOCTYPE si [<!ENTITY x SYSTEM "file:///etc/hostname">]><si><indication>&x;</indication></si>`,
			EncodeError{1, "indication", "", "entity"},
		},
		{"not UTF-8", si, "<si><indication>\xFF</indication></si>", EncodeError{1, "indication", "", "UTF-8"}},
		{"declared ASCII, but ISO-8859-1", si, "<?xml version='1.0' encoding='us-ascii'?><si><indication>\xE4 </indication></si>", EncodeError{1, "indication", "", "UTF-8"}},
		{"unknown charset", si, `<?xml version="1.0" encoding="klingon"?><si/>`, EncodeError{1, "", "", `"klingon"`}},
		{"unknown element", si, "<si>\n\n<notice/></si>", EncodeError{3, "notice", "", "no such element"}},
		{"element of the wrong place", si, "<si><indication><info/></indication></si>", EncodeError{1, "info", "", "not stand inside indication"}},
		{"indication twice", si, "<si><indication/>\n<indication/></si>", EncodeError{2, "indication", "", "twice"}},
		{"indication after info", si, "<si><info><item class='a'/></info>\n<indication/></si>", EncodeError{1, "si", "", "needs indication"}},
		{"info before indication", co, "<co><invalidate-service uri='a'/>\n<invalidate-object uri='a'/></co>", EncodeError{2, "invalidate-object", "", "belongs before"}},
		{"no indication", si, "\n<si> </si>", EncodeError{2, "si", "", "needs indication"}},
		{"no item", si, "<si><indication/><info/></si>", EncodeError{1, "info", "", "needs item"}},
		{"text in si", si, "<si>hello<indication/></si>", EncodeError{1, "si", "", `"hello"`}},
		{"text in sl", sl, "<sl href='a'>x</sl>", EncodeError{1, "sl", "", `"x"`}},
		{"unknown attribute", si, indication(`href="a" class="b"`), EncodeError{2, "indication", "class", "no such attribute"}},
		{"attribute twice", si, indication(`href="a" href="b"`), EncodeError{2, "indication", "href", "twice"}},
		{"SL without href", sl, "<sl/>", EncodeError{1, "sl", "href", "required"}},
		{"SL with empty href", sl, "<sl href=' '/>", EncodeError{1, "sl", "href", "required"}},
		{"item without class", si, "<si><indication/><info><item>a</item></info></si>", EncodeError{1, "item", "class", "required"}},
		{"SL action of SI", sl, "<sl href='a' action='signal-low'/>", EncodeError{1, "sl", "action", "execute-low, execute-high, cache"}},
		{"action in upper case", si, indication(`action="DELETE"`), EncodeError{2, "indication", "action", `"DELETE" is none of`}},
		{"empty action", si, indication(`action=""`), EncodeError{2, "indication", "action", "none of"}},
		{"deletion of nothing", si, indication(`action="delete"`), EncodeError{2, "indication", "action", "si-id"}},
		{"date without zone", si, indication(`created="1999-06-25T15:23:15"`), EncodeError{2, "indication", "created", "YYYY-MM-DDThh:mm:ssZ"}},
		{"date with offset", si, indication(`created="1999-06-25T15:23:15+02:00"`), EncodeError{2, "indication", "created", "not a date"}},
		{"date with fraction", si, indication(`created="1999-06-25T15:23:15.5Z"`), EncodeError{2, "indication", "created", "not a date"}},
		{"date that is none", si, indication(`si-expires="1999-02-30T00:00:00Z"`), EncodeError{2, "indication", "si-expires", "not a date"}},
		{"empty date", si, indication(`si-expires=""`), EncodeError{2, "indication", "si-expires", "not a date"}},
		{"very deep", si, strings.Repeat("<si>", 10000), EncodeError{1, "si", "", "deep"}},
		{"very wide", si, "<si" + strings.Repeat(" a='b'", 10000) + "/>", EncodeError{1, "si", "", "64 attributes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := tt.t.Encode([]byte(tt.doc), Options{})
			var e *EncodeError
			if !errors.As(err, &e) {
				t.Fatalf("got error %v and octets % x", err, out)
			}
			if e.Line != tt.want.Line || e.Element != tt.want.Element || e.Attribute != tt.want.Attribute || !strings.Contains(e.Reason, tt.want.Reason) {
				t.Errorf("got %+v, want %+v", *e, tt.want)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	_, err := si.Encode([]byte("<si>\n<indication created='yesterday'/></si>"), Options{})
	const want = `line 2: element indication: attribute created: "yesterday" is not a date of the form YYYY-MM-DDThh:mm:ssZ`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDates(t *testing.T) {
	tests := []struct{ date, octets string }{
		{"1999-06-25T15:23:15Z", "19990625152315"},
		{"1999-06-30T00:00:00Z", "19990630"},
		{"2000-10-20T10:00:00Z", "2000102010"},
		{"2000-10-20T00:00:01Z", "20001020000001"},
		{"2024-02-29T23:50:00Z", "202402292350"},
	}
	for _, tt := range tests {
		t.Run(tt.date, func(t *testing.T) {
			packed, err := packDate(tt.date)
			if err != nil || string(packed) != string(unhex(t, tt.octets)) {
				t.Fatalf("packed % x, error %v", packed, err)
			}
			if back, err := unpackDate(packed); err != nil || back != tt.date {
				t.Errorf("unpacked %s, error %v", back, err)
			}
		})
	}
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte(siExampleXML))
	f.Add([]byte(slExampleXML))
	f.Add([]byte("<?xml version='1.0' encoding='iso-8859-1'?><si><indication><![CDATA[\xE4]]>&#x20AC;</indication></si>"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, dt := range Types() {
			b, err := dt.Encode(doc, Options{})
			if err != nil {
				continue
			}
			// What was encoded decodes, and its XML encodes to the same octets.
			d, err := Decode(b)
			if err != nil {
				t.Fatalf("%v in % x", err, b)
			}
			again, err := dt.Encode([]byte(d.XML()), Options{})
			if err != nil || string(again) != string(b) {
				t.Fatalf("again % x, error %v\nfirst % x", again, err, b)
			}
		}
	})
}
