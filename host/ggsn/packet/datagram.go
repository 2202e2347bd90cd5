package packet

import (
	"encoding/binary"
	"net/netip"
)

// Sizes of headers, in octets, and the longest payload of a UDP datagram over IPv4.
const (
	headerIPv4 = 20
	headerUDP  = 8
	headers    = headerIPv4 + headerUDP
	MaxPayload = 1<<16 - 1 - headers
)

const (
	version4      = 4 << 4
	noOptions     = headerIPv4 / 4
	moreFragments = 1 << 13
	timeToLive    = 64
	protocolICMP  = 1
	protocolUDP   = 17
)

// A Datagram is a UDP datagram between two IPv4 addresses. ID tells its fragments from those of others (RFC 791 §3.1).
type Datagram struct {
	Source, Destination netip.AddrPort
	ID                  uint16
	Payload             []byte // MaxPayload at most
}

// Packets is how many packets of at most mtu octets, which is 68 or more, the datagram is.
func (d Datagram) Packets(mtu int) int {
	if headers+len(d.Payload) <= mtu {
		return 1
	}
	room := (mtu - headerIPv4) &^ 7
	return (headerUDP + len(d.Payload) + room - 1) / room
}

// Append appends the packet with a number from 0 to Packets - 1: all of the datagram, or a fragment.
func (d Datagram) Append(dst []byte, number, mtu int) []byte {
	begin, end, more := 0, headerUDP+len(d.Payload), false
	if headerIPv4+end > mtu {
		room := (mtu - headerIPv4) &^ 7 // fragments are cut at multiples of 8 octets
		begin = number * room
		if begin+room < end {
			end, more = begin+room, true
		}
	}
	dst = d.appendHeader(dst, begin, end, more)
	if begin == 0 {
		at := len(dst)
		dst = binary.BigEndian.AppendUint16(dst, d.Source.Port())
		dst = binary.BigEndian.AppendUint16(dst, d.Destination.Port())
		dst = binary.BigEndian.AppendUint16(dst, uint16(headerUDP+len(d.Payload)))
		dst = append(dst, 0, 0)
		binary.BigEndian.PutUint16(dst[at+6:], d.checksum(dst[at:at+headerUDP]))
		begin = headerUDP
	}
	return append(dst, d.Payload[begin-headerUDP:end-headerUDP]...)
}

// appendHeader appends the IPv4 header of a packet with some octets of the UDP datagram.
func (d Datagram) appendHeader(dst []byte, begin, end int, more bool) []byte {
	at := len(dst)
	fragment := uint16(begin / 8)
	if more {
		fragment |= moreFragments
	}
	dst = append(dst, version4|noOptions, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(headerIPv4+end-begin))
	dst = binary.BigEndian.AppendUint16(dst, d.ID)
	dst = binary.BigEndian.AppendUint16(dst, fragment)
	dst = append(dst, timeToLive, protocolUDP, 0, 0)
	source, destination := d.Source.Addr().As4(), d.Destination.Addr().As4()
	dst = append(append(dst, source[:]...), destination[:]...)
	binary.BigEndian.PutUint16(dst[at+10:], ^fold(sum(0, dst[at:])))
	return dst
}

// checksum is that of the UDP datagram with a pseudo header; 0 means that there is none, so a sum of 0 is sent as all ones (RFC 768).
func (d Datagram) checksum(header []byte) uint16 {
	source, destination := d.Source.Addr().As4(), d.Destination.Addr().As4()
	s := sum(sum(0, source[:]), destination[:])
	s += protocolUDP + uint64(headerUDP+len(d.Payload))
	s = sum(sum(s, header), d.Payload)
	if c := ^fold(s); c != 0 {
		return c
	}
	return 0xFFFF
}

// sum adds the octets as numbers of 16 bits, eight at a time (RFC 1071 §2).
func sum(s uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		n := binary.BigEndian.Uint64(b)
		s += n>>32 + n&0xFFFFFFFF
	}
	for ; len(b) >= 2; b = b[2:] {
		s += uint64(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

func fold(s uint64) uint16 {
	for s > 0xFFFF {
		s = s>>16 + s&0xFFFF
	}
	return uint16(s)
}
