package subscriber

import "encoding/binary"

// A ref is where an arena keeps some octets; 0 stands for none.
type ref uint32

const (
	arenaUnit  = 8       // octets that a ref counts in
	arenaChunk = 1 << 20 // octets
	arenaMost  = 1<<16 - 1
	arenaHead  = 2 // octets before the text: its length
)

// An arena keeps short texts in large pieces, so that a million of them are nothing to the collector. What is given back is used
// again for texts of about the same length.
type arena struct {
	chunks [][]byte
	next   int     // free octets of the last chunk begin here
	free   [][]ref // by length in units
}

func units(octets int) int { return (octets + arenaHead + arenaUnit - 1) / arenaUnit }

// put keeps a text of arenaMost octets at most.
func (a *arena) put(text string) ref {
	if text == "" {
		return 0
	}
	n := units(len(text))
	r, b := a.room(n)
	binary.LittleEndian.PutUint16(b, uint16(len(text)))
	copy(b[arenaHead:], text)
	return r
}

func (a *arena) room(n int) (ref, []byte) {
	if n < len(a.free) {
		if list := a.free[n]; len(list) > 0 {
			r := list[len(list)-1]
			a.free[n] = list[:len(list)-1]
			return r, a.from(r)
		}
	}
	if len(a.chunks) == 0 || a.next+n*arenaUnit > arenaChunk {
		a.chunks = append(a.chunks, make([]byte, arenaChunk))
		a.next = 0
		if len(a.chunks) == 1 {
			a.next = arenaUnit // 0 is none
		}
	}
	r := ref(((len(a.chunks)-1)*arenaChunk + a.next) / arenaUnit)
	a.next += n * arenaUnit
	return r, a.from(r)
}

func (a *arena) from(r ref) []byte {
	at := int(r) * arenaUnit
	return a.chunks[at/arenaChunk][at%arenaChunk:]
}

// octets are those of a text, until it is given back.
func (a *arena) octets(r ref) []byte {
	if r == 0 {
		return nil
	}
	b := a.from(r)
	return b[arenaHead : arenaHead+int(binary.LittleEndian.Uint16(b))]
}

func (a *arena) text(r ref) string { return string(a.octets(r)) }

func (a *arena) is(r ref, text string) bool { return string(a.octets(r)) == text }

func (a *arena) give(r ref) {
	if r == 0 {
		return
	}
	n := units(len(a.octets(r)))
	for len(a.free) <= n {
		a.free = append(a.free, nil)
	}
	a.free[n] = append(a.free[n], r)
}
