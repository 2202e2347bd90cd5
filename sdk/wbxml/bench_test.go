package wbxml

import "testing"

func BenchmarkEncode(b *testing.B) {
	for _, r := range []struct{ name, doc string }{
		{"plain", siExampleXML},
		{"a letter outside ASCII in the text", `<si><indication href="http://a/">Grüße aus Köln</indication></si>`},
		{"a reference in an attribute", `<si><indication href="http://a/?b=c&amp;d=e">x</indication></si>`},
	} {
		b.Run(r.name, func(b *testing.B) {
			doc := []byte(r.doc)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := si.Encode(doc, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
