//go:build linux

package main

// A book holds what became of the pushes of one load: numbers first to first+len(pushes)-1. All times are the loop's, 0 for not
// yet.
type book struct {
	document *document
	segments int // of every push
	first    int
	pushes   []pushed

	posted, accepted, refused int
	broken                    int // requests whose connection was lost before the answer
	complete                  int // pushes that arrived whole
	garbled                   int // put together, but not what was pushed
	duplicates                int // segments that had arrived before
	strays                    int // submits to nobody of this load
	notified, notifiedAgain   int // result notifications: first ones, further ones

	firstRefusal string
	lastAnswer   int64
	lastArrival  int64

	free []*parts
}

// pushed is one push. A push counts as sent when it was due, so that waiting for a connection is part of its time.
type pushed struct {
	due, answered, arrived int64
	whole, told            bool
	parts                  *parts
}

// parts are the segments of a push that is not complete.
type parts struct {
	reference int
	content   [][]byte
	have      int
}

func newBook(d *document, segments, first, count int) *book {
	return &book{document: d, segments: segments, first: first, pushes: make([]pushed, count)}
}

func (b *book) push(n int) *pushed {
	if n < b.first || n >= b.first+len(b.pushes) {
		return nil
	}
	return &b.pushes[n-b.first]
}

// arrived books a submit and returns the number of its push, -1 if it is for nobody.
func (b *book) arrived(s *submit, now int64) int {
	n, ok := 0, len(s.destination) >= digits
	if ok {
		n, ok = number(s.destination[len(s.destination)-digits:])
	}
	if !ok || b == nil {
		return -1
	}
	p := b.push(n)
	if p == nil {
		b.strays++
		return n
	}
	b.lastArrival = now
	switch {
	case p.whole:
		b.duplicates++
		return n
	case s.port != wapPushPort || s.parts != b.segments:
		b.garbled++
		return n
	}
	content := s.content
	if s.parts > 1 {
		if content = b.assemble(p, s); content == nil {
			return n
		}
	}
	p.arrived, p.whole = now, true
	if carried, ok := b.document.carried(content); !ok || carried != n {
		b.garbled++
		return n
	}
	b.complete++
	return n
}

const wapPushPort = 2948 // WAP-259-WDP Appendix B

// assemble adds a segment and returns the whole content when it was the last.
func (b *book) assemble(p *pushed, s *submit) []byte {
	if p.parts == nil {
		p.parts = b.newParts(s)
	}
	a := p.parts
	if s.reference != a.reference { // the message started again under another reference
		b.duplicates += a.have
		b.free = append(b.free, a)
		p.parts = b.newParts(s)
		a = p.parts
	}
	if len(a.content[s.part-1]) > 0 {
		b.duplicates++
		return nil
	}
	a.content[s.part-1] = append(a.content[s.part-1], s.content...)
	if a.have++; a.have < b.segments {
		return nil
	}
	whole := a.content[0]
	for _, c := range a.content[1:] {
		whole = append(whole, c...)
	}
	a.content[0] = whole
	b.free = append(b.free, a)
	p.parts = nil
	return whole
}

func (b *book) newParts(s *submit) *parts {
	a := &parts{content: make([][]byte, b.segments)}
	if last := len(b.free) - 1; last >= 0 {
		a, b.free = b.free[last], b.free[:last]
		for i := range a.content {
			a.content[i] = a.content[i][:0]
		}
		a.have = 0
	}
	a.reference = s.reference
	return a
}

// answered books the answer to a push.
func (b *book) answered(n int, now int64, accepted bool, answer []byte) {
	b.lastAnswer = now
	if !accepted {
		b.refused++
		if b.firstRefusal == "" {
			b.firstRefusal = string(answer[:min(len(answer), 400)])
		}
		return
	}
	b.accepted++
	b.push(n).answered = now
}

// toldOf books a result notification.
func (b *book) toldOf(n int) {
	p := b.push(n)
	switch {
	case p == nil:
		b.strays++
	case p.told:
		b.notifiedAgain++
	default:
		p.told = true
		b.notified++
	}
}
