package gtp

// A Message is one of the messages of this package, without its header. The types that implement it are pointers to structs named
// as in the specification.
type Message interface {
	// Type is the message's number.
	Type() MessageType
	// elements names the information elements in ascending order, for both directions.
	elements(x *elements)
}

// A Packet is a message that was received.
type Packet struct {
	Header  Header
	Message Message
	// Ignored are elements that were passed over as the specification asks.
	Ignored []Ignored
}

// Append appends the message to dst and returns it. Of the header it takes TEID, Sequence and, for messages that may do without,
// Sequenced; the type is the message's. The error names the element that cannot be sent, and dst is then returned unchanged.
func Append(dst []byte, h Header, m Message) ([]byte, error) {
	h.Type = m.Type()
	from := len(dst)
	x := &elements{encoding: true, message: h.Type, b: appendHeader(dst, h)}
	if g, ok := m.(*GPDU); ok {
		x.b = append(x.b, g.Payload...)
	} else {
		m.elements(x)
	}
	if x.err == nil && len(x.b)-from > longest {
		x.unsendable(0, "longer than a message can be")
	}
	if x.err != nil {
		return dst, x.err
	}
	patchLength(x.b[from:])
	return x.b, nil
}

// Parse reads one datagram. All errors are of type *ParseError; with those that are to be answered the packet still holds the header
// and, but for errors in the header, as much of the message as could be read. A G-PDU's payload is a part of b; nothing else is.
func Parse(b []byte) (Packet, error) {
	h, body, err := parseHeader(b)
	p := Packet{Header: h}
	if err != nil {
		return p, err
	}
	if h.Type == TypeGPDU {
		p.Message = &GPDU{Payload: b[body:len(b):len(b)]}
		return p, nil
	}
	p.Message = h.Type.newMessage()
	if p.Message == nil { // §11.1.3
		return p, &ParseError{Message: h.Type, Offset: 1, Action: Discard, Reason: "not a message of this package"}
	}
	x := &elements{message: h.Type, b: b, at: body}
	p.Message.elements(x)
	x.finish()
	p.Ignored = x.ignored
	if x.err != nil {
		return p, x.err
	}
	return p, nil
}
