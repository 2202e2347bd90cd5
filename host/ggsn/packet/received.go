package packet

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// A Header is what a node reads of an IPv4 packet.
type Header struct {
	Source, Destination netip.Addr
	protocol            byte
	begin               int  // of what follows the header
	length              int  // of the packet
	rest                bool // a fragment that does not begin the datagram
}

// Parse reads the header of an IPv4 packet. False is what is none, or not a whole one.
func Parse(b []byte) (Header, bool) {
	if len(b) < headerIPv4 || b[0]>>4 != 4 {
		return Header{}, false
	}
	h := Header{
		Source: netip.AddrFrom4([4]byte(b[12:])), Destination: netip.AddrFrom4([4]byte(b[16:])),
		protocol: b[9], begin: int(b[0]&0xF) * 4, length: int(binary.BigEndian.Uint16(b[2:])),
		rest: binary.BigEndian.Uint16(b[6:])&0x1FFF != 0,
	}
	return h, h.begin >= headerIPv4 && h.begin <= h.length && h.length <= len(b)
}

// A Complaint is an ICMP error about a UDP datagram.
type Complaint struct {
	Type, Code          uint8
	Source, Destination netip.AddrPort // of the datagram
	ID                  uint16         // of the packet
}

// Types of ICMP that say that a datagram did not arrive (RFC 792).
const (
	unreachable  = 3
	timeExceeded = 11
	badParameter = 12
)

// ParseComplaint reads an ICMP error in a packet whose header was read. False is any other packet.
func ParseComplaint(h Header, b []byte) (Complaint, bool) {
	if h.protocol != protocolICMP || h.rest {
		return Complaint{}, false
	}
	m := b[h.begin:h.length]
	if len(m) < 8 || fold(sum(0, m)) != 0xFFFF || m[0] != unreachable && m[0] != timeExceeded && m[0] != badParameter {
		return Complaint{}, false
	}
	quoted := m[8:] // the header of the packet and at least eight octets of what follows; the rest of it is cut off
	if len(quoted) < headerIPv4 || quoted[0]>>4 != 4 || quoted[9] != protocolUDP {
		return Complaint{}, false
	}
	begin := int(quoted[0]&0xF) * 4
	if begin < headerIPv4 || len(quoted) < begin+4 || binary.BigEndian.Uint16(quoted[6:])&0x1FFF != 0 {
		return Complaint{}, false
	}
	return Complaint{
		Type: m[0], Code: m[1], ID: binary.BigEndian.Uint16(quoted[4:]),
		Source:      netip.AddrPortFrom(netip.AddrFrom4([4]byte(quoted[12:])), binary.BigEndian.Uint16(quoted[begin:])),
		Destination: netip.AddrPortFrom(netip.AddrFrom4([4]byte(quoted[16:])), binary.BigEndian.Uint16(quoted[begin+2:])),
	}, true
}

// String is for operators.
func (c Complaint) String() string {
	switch {
	case c.Type == unreachable && c.Code == 3:
		return "ICMP port unreachable"
	case c.Type == unreachable && c.Code == 1:
		return "ICMP host unreachable"
	case c.Type == timeExceeded && c.Code == 1:
		return "ICMP fragment reassembly time exceeded"
	}
	return fmt.Sprintf("ICMP type %d code %d", c.Type, c.Code)
}

// Final reports whether the terminal itself says that nobody takes the datagram: its port or protocol is unreachable.
func (c Complaint) Final() bool { return c.Type == unreachable && (c.Code == 2 || c.Code == 3) }
