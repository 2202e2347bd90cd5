package wbxml

import (
	"encoding/json"
	"strings"
	"testing"
)

// What ordinary documents are made of is read without encoding/xml.
func TestPlainTakes(t *testing.T) {
	for _, doc := range plainDocuments {
		if _, ok := parsePlain([]byte(doc)); !ok {
			t.Errorf("not taken: %s", doc)
		}
		samePlain(t, []byte(doc))
	}
}

var plainDocuments = []string{
	siExampleXML, slExampleXML,
	"<?xml version='1.0' encoding='UTF-8' ?><sl href='a'/>",
	"\n<sl\n\thref = \"http://a/?b=c&amp;d=&lt;&gt;&quot;&apos;\"\n/>\n",
	"<si><indication>Grüße &amp; ]] > ]></indication ></si >",
	`<a><b c="d"e='f'></b><g>h</g></a>`,
}

// Everything else is left to encoding/xml, faults first of all.
func TestPlainGivesUp(t *testing.T) {
	tests := []struct{ name, doc string }{
		{"nothing", ""},
		{"text", "hello"},
		{"text before", "x<a/>"},
		{"text after", "<a/>x"},
		{"another charset", `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`},
		{"another version", `<?xml version="1.1"?><a/>`},
		{"a declaration without end", `<?xml version="1.0"`},
		{"a second declaration", `<?xml version="1.0"?><?xml version="1.0"?><a/>`},
		{"a processing instruction", "<a><?b c?></a>"},
		{"a comment", "<a><!-- b --></a>"},
		{"CDATA", "<a><![CDATA[b]]></a>"},
		{"end of CDATA", "<a>]]></a>"},
		{"an internal subset", `<!DOCTYPE a [<!ENTITY b "c">]><a/>`},
		{"a document type without end", `<!DOCTYPE a "`},
		{"a document type after the root", `<a/><!DOCTYPE a>`},
		{"an entity", "<a>&b;</a>"},
		{"a character reference", "<a>&#65;</a>"},
		{"a bare ampersand", "<a b='c&d'/>"},
		{"an entity without end", "<a>&amp</a>"},
		{"a less-than in a value", "<a b='<'/>"},
		{"a value without quotes", "<a b=c/>"},
		{"a value without end", "<a b='c/>"},
		{"an attribute without value", "<a b/>"},
		{"an attribute twice", "<a b='' b=''/>"},
		{"a name space", "<a xmlns='b'/>"},
		{"a prefix", "<a:b/>"},
		{"an attribute with a prefix", "<a b:c='d'/>"},
		{"a name outside ASCII", "<ä/>"},
		{"a name that is none", "<1/>"},
		{"no name", "< a/>"},
		{"a slash alone", "<a/ >"},
		{"many attributes", "<a b='' c='' d='' e='' f='' g='' h='' i='' j=''/>"},
		{"very deep", strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1)},
		{"two roots", "<a/><b/>"},
		{"no end", "<a>"},
		{"text without end", "<a>b"},
		{"end too many", "<a/></a>"},
		{"another end", "<a></b>"},
		{"text before a child", "<a>b<c/></a>"},
		{"text after a child", "<a><b/>c</a>"},
		{"carriage return", "<a>\r\n</a>"},
		{"a control character", "<a>\x01</a>"},
		{"not UTF-8", "<a>\xFF</a>"},
		{"a character that is none", "<a>\uFFFF</a>"},
		{"a zero octet", "<a/>\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, ok := parsePlain([]byte(tt.doc)); ok {
				t.Error("taken")
			}
		})
	}
}

// samePlain checks that what parsePlain takes is what encoding/xml says.
func samePlain(t *testing.T, doc []byte) {
	t.Helper()
	got, ok := parsePlain(doc)
	if !ok {
		return
	}
	want, err := parseXML(doc, false)
	if err != nil {
		t.Fatalf("taken, but encoding/xml says: %v", err)
	}
	if g, w := describe(t, got), describe(t, want); g != w {
		t.Fatalf("%q\ngot  %s\nwant %s", doc, g, w)
	}
}

// describe shows a tree with its lines, and its texts as validate leaves them.
func describe(t *testing.T, e *Element) string {
	t.Helper()
	e.Text = strings.Trim(e.Text, xmlSpace)
	b, err := json.Marshal(struct {
		E    Element
		Line int
	}{Element{Name: e.Name, Attributes: e.Attributes, Text: e.Text}, e.line})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range e.Children {
		b = append(b, "("+describe(t, c)+")"...)
	}
	return string(b)
}

func FuzzPlain(f *testing.F) {
	for _, doc := range plainDocuments {
		f.Add([]byte(doc))
	}
	f.Add([]byte("<?xml version='1.0\"?><a b='c\"'/>"))
	f.Add([]byte("<!DOCTYPE a '>' \">\"><a> <b> </b> </a>"))
	f.Fuzz(func(t *testing.T, doc []byte) { samePlain(t, doc) })
}
