package wdp

import (
	"encoding/binary"
	"fmt"
)

// MaxUserData is the size of TP-User-Data with 8-bit data, header included (TS 23.040 §9.2.3.16).
const MaxUserData = 140

// The ports of a WAP push (WAP-259 appendix B).
const (
	PortPush = 2948 // connectionless push, the destination
	PortWSP  = 9200 // connectionless WSP, the source that terminals expect
)

// Identifiers of information elements, TS 23.040 §9.2.3.24.
const (
	elementConcatenation8  = 0x00
	elementPorts8          = 0x04
	elementPorts16         = 0x05
	elementConcatenation16 = 0x08
)

// Ports are the application ports of a datagram. Written are 16-bit ports, whatever their numbers.
type Ports struct {
	Destination uint16
	Source      uint16
}

// Reference is the concatenation reference that the segments of one datagram share. It must differ between datagrams
// from one source that are on their way to one terminal.
type Reference struct {
	Number uint16
	Wide   bool // 16 bits on the air; otherwise only the low 8 bits of Number are used
}

// Concatenation is the place of a segment in its datagram.
type Concatenation struct {
	Reference Reference
	Total     byte // number of segments
	Sequence  byte // from 1
}

// Element is an information element that this package gives no meaning.
type Element struct {
	ID   byte
	Data []byte
}

// Header is a user data header.
type Header struct {
	Ports         *Ports         // nil if the header has none
	Concatenation *Concatenation // nil if the header has none
	Others        []Element
}

// ParseHeader reads the header that user data begins with when TP-UDHI is set, and returns what follows it; neither is
// copied. Of an element that is repeated the last one counts, and a concatenation element with an impossible place in its datagram is
// ignored (TS 23.040 §9.2.3.24, §9.2.3.24.1); such elements stand among the others.
func ParseHeader(userData []byte) (h Header, payload []byte, err error) {
	if len(userData) == 0 {
		return h, nil, fmt.Errorf("wdp: user data has no header")
	}
	end := 1 + int(userData[0])
	if end > len(userData) {
		return h, nil, fmt.Errorf("wdp: the header has %d octets, the user data %d", end, len(userData))
	}
	for at := 1; at < end; {
		if at+2 > end || at+2+int(userData[at+1]) > end {
			return h, nil, fmt.Errorf("wdp: octet %d: an element does not end in the header", at)
		}
		e := Element{ID: userData[at], Data: userData[at+2 : at+2+int(userData[at+1])]}
		at += 2 + len(e.Data)
		if !h.take(e) {
			h.Others = append(h.Others, e)
		}
	}
	return h, userData[end:], nil
}

// take uses an element that the header has a field for, if it makes sense.
func (h *Header) take(e Element) bool {
	switch {
	case e.ID == elementPorts8 && len(e.Data) == 2:
		h.Ports = &Ports{Destination: uint16(e.Data[0]), Source: uint16(e.Data[1])}
	case e.ID == elementPorts16 && len(e.Data) == 4:
		h.Ports = &Ports{Destination: binary.BigEndian.Uint16(e.Data), Source: binary.BigEndian.Uint16(e.Data[2:])}
	case e.ID == elementConcatenation8 && len(e.Data) == 3:
		return h.takeConcatenation(Reference{Number: uint16(e.Data[0])}, e.Data[1], e.Data[2])
	case e.ID == elementConcatenation16 && len(e.Data) == 4:
		return h.takeConcatenation(Reference{Number: binary.BigEndian.Uint16(e.Data), Wide: true}, e.Data[2], e.Data[3])
	default:
		return false
	}
	return true
}

func (h *Header) takeConcatenation(r Reference, total, sequence byte) bool {
	if sequence == 0 || sequence > total {
		return false
	}
	h.Concatenation = &Concatenation{Reference: r, Total: total, Sequence: sequence}
	return true
}

// AppendTo appends the header: its length, the ports, the concatenation, the others. It is an error if the header is
// longer than 255 octets, or one of its elements.
func (h Header) AppendTo(dst []byte) ([]byte, error) {
	from := len(dst)
	dst = append(dst, 0)
	if p := h.Ports; p != nil {
		dst = append(dst, elementPorts16, 4)
		dst = binary.BigEndian.AppendUint16(dst, p.Destination)
		dst = binary.BigEndian.AppendUint16(dst, p.Source)
	}
	if c := h.Concatenation; c != nil {
		if c.Reference.Wide {
			dst = append(dst, elementConcatenation16, 4)
			dst = binary.BigEndian.AppendUint16(dst, c.Reference.Number)
		} else {
			dst = append(dst, elementConcatenation8, 3, byte(c.Reference.Number))
		}
		dst = append(dst, c.Total, c.Sequence)
	}
	for _, e := range h.Others {
		if len(e.Data) > 255 {
			return nil, fmt.Errorf("wdp: element %#02x has %d octets, at most 255 fit", e.ID, len(e.Data))
		}
		dst = append(append(dst, e.ID, byte(len(e.Data))), e.Data...)
	}
	length := len(dst) - from - 1
	if length > 255 {
		return nil, fmt.Errorf("wdp: the header has %d octets, at most 255 fit", length)
	}
	dst[from] = byte(length)
	return dst, nil
}
