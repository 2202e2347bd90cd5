package wbxml

import (
	"errors"
	"strings"
	"testing"
)

func TestDecodeTokens(t *testing.T) {
	tests := []struct{ name, hex, want string }{
		{
			"href all inline, as some senders write it", `02 05 6a 00 45 c6 0b 03 687474703a2f2f61 00 01 03 6200 01 01`,
			`<si><indication href="http://a">b</indication></si>`,
		},
		{
			"string table in value, content and public identifier",
			`03 00 00 6a 24                                             // public identifier at index 0
			 2d2f2f574150464f52554d2f2f44544420534920312e302f2f454e 00 // "-//WAPFORUM//DTD SI 1.0//EN"
			 78 00 48656c6c6f 00                                       // "x" at 28, "Hello" at 30
			 45 c6 0c 83 1c 01 83 1e 01 01`,
			`<si><indication href="http://x">Hello</indication></si>`,
		},
		{
			"entities", `02 05 6a 00 45 46 02 81 20 02 20 03 6100 01 01`,
			`<si><indication>` + "\u00a0 a" + `</indication></si>`,
		},
		{
			"opaque text", `02 05 6a 00 45 46 c3 02 6869 01 01`,
			`<si><indication>hi</indication></si>`,
		},
		{
			"literal element and attribute", `02 05 6a 04 7800 7900 c5 04 02 03 7a00 01 04 00 44 00 03 6100 01 84 00 04 02 01 c4 00 04 02 01 01 01`,
			`<si y="z"><x/><x>a</x><x y=""/><x y=""/></si>`,
		},
		{
			"processing instructions", `02 05 6a 00 43 0b 03 6100 01 45 43 0b 01 06 01 43 05 01`,
			`<si><indication/></si>`,
		},
		{
			"ISO-8859-1", `02 05 04 00 45 46 03 e4 00 01 01`,
			`<si><indication>ä</indication></si>`,
		},
		{
			"charset unknown", `02 05 00 00 45 46 03 c3a4 00 01 01`,
			`<si><indication>ä</indication></si>`,
		},
		{
			"page switches to page 0", `02 05 6a 00 45 00 00 86 00 00 05 01 01`,
			`<si><indication action="signal-none"/></si>`,
		},
		{
			"date in text form", `02 05 6a 00 45 86 0a 03 6100 01 01`,
			`<si><indication created="a"/></si>`,
		},
		{
			"text is escaped", `02 05 6a 00 45 c6 0b 03 223c00 01 03 3c2600 01 01`,
			`<si><indication href="&#34;&lt;">&lt;&amp;</indication></si>`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Decode(unhex(t, tt.hex))
			if err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(doc.XML(), "dtd\">")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct {
		name, hex string
		offset    int
		reason    string
	}{
		{"nothing", ``, 0, "ends"},
		{"version 1.0", `00 05 00 45 01`, 0, "version"},
		{"version 2.0", `10 05 6a 00 45 01`, 0, "version"},
		{"unknown public identifier", `02 04 6a 00 05`, 1, "public identifier"},
		{"public identifier outside of the string table", `02 00 05 6a 02 6100 05`, 1, "string table"},
		{"charset", `02 05 87 6a 00 05`, 2, "charset 1002"},
		{"long integer", `02 ff ff ff ff ff 7f`, 1, "32 bits"},
		{"integer of 33 bits", `02 05 90 80 80 80 00`, 2, "32 bits"},
		{"string table too long", `02 05 6a 05 6100`, 4, "5 octets are announced, 2 are left"},
		{"unknown tag", `02 05 6a 00 49 01`, 4, "tag token 0x09"},
		{"unknown tag page", `02 05 6a 00 00 01 45 01`, 6, "page 1"},
		{"unknown attribute", `02 05 6a 00 85 13 01`, 5, "attribute start token 0x13"},
		{"unknown attribute page", `02 05 6a 00 85 00 07 05 01`, 7, "page 7"},
		{"unknown value", `02 05 6a 00 85 0b 89 01`, 6, "attribute value token 0x89"},
		{"value without attribute", `02 05 6a 00 85 85 01`, 5, "before any attribute"},
		{"extension in content", `02 05 6a 00 45 46 c0 01 01`, 6, "extension token 0xc0"},
		{"extension in attribute", `02 05 6a 00 85 0b 40 6100 01`, 6, "extension token 0x40"},
		{"index outside of the string table", `02 05 6a 02 6100 45 46 83 02 01 01`, 9, "index 2"},
		{"string table without end", `02 05 6a 01 61 45 46 83 00 01 01`, 8, "no end"},
		{"literal name that is none", `02 05 6a 02 3c00 04 00`, 7, "no name"},
		{"string without end", `02 05 6a 00 45 46 03 61`, 7, "no end"},
		{"opaque too long", `02 05 6a 00 45 46 c3 05 61 01 01`, 8, "5 octets"},
		{"opaque of 4 GiB", `02 05 6a 00 45 46 c3 8f ff ff ff 7f 61`, 12, "octets are announced"},
		{"date too long", `02 05 6a 00 45 86 0a c3 08 1999062515231500 01 01`, 7, "at most 7"},
		{"date with no BCD", `02 05 6a 00 45 86 0a c3 04 19990a25 01 01`, 7, "not a date"},
		{"date of nothing", `02 05 6a 00 45 86 0a c3 00 01 01`, 7, "not a date"},
		{"not UTF-8", `02 05 6a 00 45 46 03 ff00 01 01`, 7, "UTF-8"},
		{"not ASCII", `02 05 03 00 45 46 03 61ff00 01 01`, 8, "us-ascii"},
		{"surrogate entity", `02 05 6a 00 45 46 02 83 b0 00 01 01`, 7, "no character"},
		{"content without end", `02 05 6a 00 45 46 03 6100 01`, 10, "ends"},
		{"attributes without end", `02 05 6a 00 85 0b`, 6, "ends"},
		{"more than one document", `02 05 6a 00 05 05`, 5, "1 octets follow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := Decode(unhex(t, tt.hex))
			var e *DecodeError
			if !errors.As(err, &e) {
				t.Fatalf("got error %v and %v", err, doc)
			}
			if e.Offset != tt.offset || !strings.Contains(e.Reason, tt.reason) {
				t.Errorf("got %v, want octet %d: … %s", e, tt.offset, tt.reason)
			}
		})
	}
}

func TestDecodeLimits(t *testing.T) {
	nested := func(n int) []byte {
		b := append([]byte{0x02, 0x05, 0x6A, 0x00}, strings.Repeat("\x45", n-1)...)
		b = append(b, 0x05)
		return append(b, strings.Repeat("\x01", n-1)...)
	}
	if _, err := Decode(nested(maxDepth)); err != nil {
		t.Errorf("%d deep: %v", maxDepth, err)
	}
	if _, err := Decode(nested(maxDepth + 1)); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Errorf("%d deep: %v", maxDepth+1, err)
	}

	// 1,024 octets of string table, referred to n times.
	repeated := func(n int) []byte {
		b := append([]byte{0x02, 0x05, 0x6A, 0x88, 0x01}, strings.Repeat("a", 1024)...)
		b = append(b, 0x00, 0x45)
		return append(append(b, strings.Repeat("\x83\x00", n)...), 0x01)
	}
	if doc, err := Decode(repeated(1024)); err != nil || len(doc.Root.Text) != maxText {
		t.Errorf("1 MiB of text: %v", err)
	}
	if _, err := Decode(repeated(1025)); err == nil || !strings.Contains(err.Error(), "of text") {
		t.Errorf("more than 1 MiB of text: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add(unhex(f, g.hex))
	}
	f.Add(unhex(f, `02 05 6a 04 7800 7900 c5 04 02 03 7a00 01 04 00 44 00 03 6100 01 84 00 04 02 01 c4 00 04 02 01 01 01`))
	f.Fuzz(func(t *testing.T, b []byte) {
		doc, err := decode(b, []*DocumentType{si, sl, co, emn, prov})
		if err != nil {
			var e *DecodeError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) {
				t.Fatalf("error %v for %d octets", err, len(b))
			}
			return
		}
		if doc.Root == nil || doc.XML() == "" {
			t.Fatal("a document without content")
		}
	})
}
