package gtp

import "encoding/binary"

// need says whether a message is one without the element.
type need bool

const (
	optional  need = false // or conditional, which whoever handles the message has to judge
	mandatory need = true
)

// elements walks the information elements of a message in ascending order of their types, to write them or to read them. A message
// names its elements once, for both directions.
type elements struct {
	encoding bool
	message  MessageType
	b        []byte
	err      error

	// While reading:
	at       int
	previous ElementType // the last one that was passed
	taken    ElementType // the last one that the message wanted
	broken   bool        // err is about the order or the bounds of elements, and nothing behind it can be trusted
	ignored  []Ignored
}

// An element is one as it lies in the message.
type element struct {
	kind   ElementType
	offset int
	value  []byte
}

// peek returns the next element without passing it. False is the end, or that what follows is no element.
func (x *elements) peek() (element, bool) {
	left := x.b[x.at:]
	if len(left) == 0 {
		return element{}, false
	}
	e := element{kind: ElementType(left[0]), offset: x.at}
	head, n := 1, 0
	switch {
	case e.kind < firstTLV:
		if n = e.kind.fixedLength(); n == 0 {
			x.unreadable(e.kind, "its length is not known, nothing behind it can be read")
			return e, false
		}
	case e.kind == elementExtensionHeaderTypeList:
		if head = 2; len(left) >= head {
			n = int(left[1])
		}
	default:
		if head = 3; len(left) >= head {
			n = int(binary.BigEndian.Uint16(left[1:]))
		}
	}
	if len(left) < head+n {
		x.unreadable(e.kind, "it ends behind the message")
		return e, false
	}
	if e.kind < x.previous {
		x.unreadable(e.kind, "it is out of order")
		return e, false
	}
	e.value = left[head : head+n]
	return e, true
}

// pass goes behind an element that peek returned.
func (x *elements) pass(e element) {
	x.previous = e.kind
	x.at = e.offset + 1 + len(e.value)
	switch {
	case e.kind == elementExtensionHeaderTypeList:
		x.at++
	case e.kind >= firstTLV:
		x.at += 2
	}
}

// skip passes an element that the message does not want. One that the specification knows and did not foresee here needs no word
// (§11.1): peers of later releases send many.
func (x *elements) skip(e element) {
	switch {
	case !e.kind.defined():
		x.ignore(e, "of an unknown type")
	case e.kind == x.taken:
		x.ignore(e, "one time too many")
	}
	x.pass(e)
}

func (x *elements) ignore(e element, reason string) {
	x.ignored = append(x.ignored, Ignored{Element: e.kind, Offset: e.offset, Reason: reason})
}

// take returns the next element if it is of the type, after those before it.
func (x *elements) take(t ElementType, n need) (element, bool) {
	for {
		e, ok := x.peek()
		if !ok || e.kind > t {
			break
		}
		if e.kind == t {
			x.pass(e)
			x.taken = t
			return e, true
		}
		x.skip(e)
	}
	if n == mandatory {
		x.fail(t, x.at, CauseMandatoryIEMissing, "it is missing")
	}
	return element{}, false
}

// read is take for a value of min to max octets.
func (x *elements) read(t ElementType, n need, shortest, most int) (element, bool) {
	e, ok := x.take(t, n)
	if ok && (len(e.value) < shortest || len(e.value) > most) {
		x.incorrect(e, n, "its length is wrong")
		return e, false
	}
	return e, ok
}

// finish passes what the message did not want.
func (x *elements) finish() {
	for {
		e, ok := x.peek()
		if !ok {
			return
		}
		x.skip(e)
	}
}

// fail keeps the first error.
func (x *elements) fail(t ElementType, offset int, cause Cause, reason string) {
	if x.err == nil {
		x.err = &ParseError{Message: x.message, Element: t, Offset: offset, Action: Reject, Cause: cause, Reason: reason}
	}
}

// unreadable ends the walk. Its error replaces what was found missing before, since the order or the bounds are why.
func (x *elements) unreadable(t ElementType, reason string) {
	if !x.broken {
		x.err = nil
		x.fail(t, x.at, CauseInvalidMessageFormat, reason)
	}
	x.broken = true
	x.b = x.b[:x.at]
}

// incorrect says that the value of an element is none: an error where it is mandatory, and as if it were not there where it is not.
func (x *elements) incorrect(e element, n need, reason string) {
	if n == mandatory {
		x.fail(e.kind, e.offset, CauseMandatoryIEIncorrect, reason)
		return
	}
	x.ignore(e, reason)
}

// open begins an element, and closing what it returns ends it.
func (x *elements) open(t ElementType) (from int) {
	x.b = append(x.b, byte(t))
	if t >= firstTLV {
		x.b = append(x.b, 0, 0)
	}
	return len(x.b)
}

func (x *elements) close(t ElementType, from int) {
	if t < firstTLV {
		return
	}
	n := len(x.b) - from
	if n > 1<<16-1 {
		x.unsendable(t, "longer than an element can be")
		return
	}
	binary.BigEndian.PutUint16(x.b[from-2:], uint16(n))
}

func (x *elements) put(t ElementType, value ...byte) {
	from := x.open(t)
	x.b = append(x.b, value...)
	x.close(t, from)
}

// unsendable keeps the first error of writing.
func (x *elements) unsendable(t ElementType, reason string) {
	if x.err == nil {
		x.err = &encodeError{message: x.message, element: t, reason: reason}
	}
}

// absent handles a value that is not set, while writing.
func (x *elements) absent(t ElementType, n need) {
	if n == mandatory {
		x.unsendable(t, "it is mandatory and not set")
	}
}
