package gtp

import (
	"errors"
	"reflect"
	"testing"
)

// FuzzParse: no input panics, an error says how to answer, and what can be read is the same after it was written and read again. The
// seeds are every message of the package and what §11.1 is about.
func FuzzParse(f *testing.F) {
	for _, v := range vectors() {
		f.Add(unhex(f, v.hex))
	}
	for _, s := range []string{
		"4001000400000500", "1e01000001020000000000000000000000000000", "361c0012000000000001000101000002020000000000 0000 0180",
		"321c000800000000 00010000 0180 e1000100",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			var bad *ParseError
			if !errors.As(err, &bad) || bad.Reason == "" || bad.Offset > len(b) || (bad.Action != Discard) != (bad.Cause != 0) {
				t.Fatalf("%+v", err)
			}
			if m, teid, ok := rejection(p, bad.Cause); ok && bad.Action == Reject {
				if _, err := Append(nil, Header{TEID: teid}, m); err != nil {
					t.Fatalf("it cannot be refused: %v", err)
				}
			}
			return
		}
		again, err := Append(nil, p.Header, p.Message)
		if err != nil {
			t.Fatalf("%+v can be read and not written: %v", p.Message, err)
		}
		q, err := Parse(again)
		if err != nil || q.Header != p.Header || !reflect.DeepEqual(q.Message, p.Message) || q.Ignored != nil {
			t.Fatalf("%+v %+v became %+v (%v)", p.Header, p.Message, q, err)
		}
	})
}

// FuzzMessage gives every message of the package elements of the fuzzer's, behind a header that is right.
func FuzzMessage(f *testing.F) {
	for _, v := range vectors() {
		if v.header.Sequenced {
			f.Add(byte(v.header.Type), unhex(f, v.hex)[longHeader:])
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		if len(body) > longest-longHeader {
			return
		}
		b := append(appendHeader(nil, signalling(MessageType(kind), 7, 8)), body...)
		patchLength(b)
		p, err := Parse(b)
		if err != nil {
			return // FuzzParse looks at errors
		}
		again, err := Append(nil, p.Header, p.Message)
		if err != nil || len(again) > len(b) {
			t.Fatalf("%x became %x (%v)", b, again, err)
		}
	})
}
