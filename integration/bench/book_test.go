//go:build linux

package main

import (
	"strings"
	"testing"
)

// segment cuts the content of push n into parts and returns one of them.
func segment(n, part, parts, reference int) *submit {
	number := make([]byte, digits)
	putNumber(number, n)
	content := "m/" + string(number) + strings.ReplaceAll(texts[3], blank, string(number))
	size := (len(content) + parts - 1) / parts
	content = content[(part-1)*size : min(part*size, len(content))]
	return &submit{
		destination: append([]byte(numberPrefix), number...), content: []byte(content), part: part, parts: parts, reference: reference,
		port: wapPushPort,
	}
}

func TestBook(t *testing.T) {
	with := func(s *submit, change func(*submit)) *submit {
		change(s)
		return s
	}
	tests := []struct {
		name                                  string
		submits                               []*submit
		complete, garbled, duplicates, strays int
	}{
		{name: "in order", submits: []*submit{segment(7, 1, 3, 1), segment(7, 2, 3, 1), segment(7, 3, 3, 1)}, complete: 1},
		{name: "out of order", submits: []*submit{segment(7, 3, 3, 1), segment(7, 1, 3, 1), segment(7, 2, 3, 1)}, complete: 1},
		{
			name: "two pushes in turns", complete: 2,
			submits: []*submit{segment(7, 1, 3, 1), segment(8, 1, 3, 1), segment(7, 2, 3, 1), segment(8, 2, 3, 1), segment(7, 3, 3, 1), segment(8, 3, 3, 1)},
		},
		{name: "a part missing", submits: []*submit{segment(7, 1, 3, 1), segment(7, 3, 3, 1)}},
		{name: "a part twice", submits: []*submit{segment(7, 1, 3, 1), segment(7, 1, 3, 1), segment(7, 2, 3, 1), segment(7, 3, 3, 1)}, complete: 1, duplicates: 1},
		{
			name: "a part after the end", complete: 1, duplicates: 1,
			submits: []*submit{segment(7, 1, 3, 1), segment(7, 2, 3, 1), segment(7, 3, 3, 1), segment(7, 3, 3, 1)},
		},
		{
			name: "again under another reference", complete: 1, duplicates: 2,
			submits: []*submit{segment(7, 1, 3, 1), segment(7, 2, 3, 1), segment(7, 1, 3, 2), segment(7, 2, 3, 2), segment(7, 3, 3, 2)},
		},
		{
			name: "a part of another push", garbled: 1,
			submits: []*submit{segment(7, 1, 3, 1), with(segment(8, 2, 3, 1), func(s *submit) { s.destination = segment(7, 1, 3, 1).destination }), segment(7, 3, 3, 1)},
		},
		{name: "another port", submits: []*submit{with(segment(7, 1, 3, 1), func(s *submit) { s.port = 9200 })}, garbled: 1},
		{name: "more segments than it needs", submits: []*submit{segment(7, 1, 4, 1)}, garbled: 1},
		{name: "nobody's number", submits: []*submit{segment(1000, 1, 3, 1)}, strays: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBook(newDocument(3, ""), 3, 5, 10)
			for i, s := range test.submits {
				b.arrived(s, int64(i+1))
			}
			if b.complete != test.complete || b.garbled != test.garbled || b.duplicates != test.duplicates || b.strays != test.strays {
				t.Errorf("complete %d, garbled %d, duplicates %d, strays %d", b.complete, b.garbled, b.duplicates, b.strays)
			}
		})
	}
}
