package gb

import "encoding/binary"

// The first octet of a PDU (§7.1 of TS 44.065).
const (
	firstSegment = 0x40
	unitdata     = 0x20 // else it is SN-DATA, which needs numbered frames
	moreSegments = 0x10
)

// sndcp takes an SN-UNITDATA PDU: packets without compression, in one or several segments (§7.2.2).
func (m *Mobile) sndcp(b []byte) {
	if len(b) < 3 || b[0]&unitdata == 0 {
		return
	}
	flags, rest := b[0], b[1:]
	if flags&firstSegment != 0 {
		if rest[0] != 0 { // compressed
			return
		}
		rest = rest[1:]
	}
	if len(rest) < 2 {
		return
	}
	number := binary.BigEndian.Uint16(rest) & 0xfff // above it the number of the segment: frames here come in order
	if flags&firstSegment != 0 {
		delete(m.segments, number)
	}
	packet := append(m.segments[number], rest[2:]...)
	if flags&moreSegments != 0 {
		m.segments[number] = packet
		return
	}
	delete(m.segments, number)
	m.note(Event{Kind: Received, Packet: packet})
}
