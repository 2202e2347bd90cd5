package sgsn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Protocol numbers, and the sizes of headers without options (RFC 791, RFC 8200, RFC 768).
const (
	protocolICMP   = 1
	protocolUDP    = 17
	protocolICMPv6 = 58
	sizeIPv4       = 20
	sizeIPv6       = 40
	sizeUDP        = 8
	hops           = 64
)

// sum is the Internet checksum (RFC 1071) over several pieces, each but the last of an even length.
func sum(pieces ...[]byte) uint16 {
	var s uint32
	for _, b := range pieces {
		for ; len(b) > 1; b = b[2:] {
			s += uint32(b[0])<<8 | uint32(b[1])
		}
		if len(b) == 1 {
			s += uint32(b[0]) << 8
		}
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

// pseudo is the header that the checksum of a transport protocol is taken with (RFC 768; RFC 8200 §8.1).
func pseudo(from, to netip.Addr, protocol byte, length int) []byte {
	b := append(from.AsSlice(), to.AsSlice()...)
	if from.Is4() {
		return append(b, 0, protocol, byte(length>>8), byte(length))
	}
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	return append(b, 0, 0, 0, protocol)
}

// ParseUDP reads an IP packet with a whole UDP datagram, as strictly as a terminal's kernel does.
func ParseUDP(b []byte) (Datagram, error) {
	from, to, protocol, body, err := parseIP(b)
	if err != nil {
		return Datagram{}, err
	}
	if protocol != protocolUDP {
		return Datagram{}, fmt.Errorf("protocol %d, and not UDP", protocol)
	}
	if len(body) < sizeUDP || int(binary.BigEndian.Uint16(body[4:])) != len(body) {
		return Datagram{}, errors.New("the length of UDP is not that of the packet")
	}
	given := binary.BigEndian.Uint16(body[6:])
	if given == 0 && from.Is6() || given != 0 && sum(pseudo(from, to, protocolUDP, len(body)), body) != 0 {
		return Datagram{}, errors.New("the checksum of UDP is wrong")
	}
	return Datagram{
		From:    netip.AddrPortFrom(from, binary.BigEndian.Uint16(body)),
		To:      netip.AddrPortFrom(to, binary.BigEndian.Uint16(body[2:])),
		Payload: append([]byte(nil), body[sizeUDP:]...),
	}, nil
}

func parseIP(b []byte) (from, to netip.Addr, protocol byte, body []byte, err error) {
	fail := func(text string) (netip.Addr, netip.Addr, byte, []byte, error) {
		return netip.Addr{}, netip.Addr{}, 0, nil, errors.New(text)
	}
	switch {
	case len(b) >= sizeIPv4 && b[0]>>4 == 4:
		head := int(b[0]&15) * 4
		switch {
		case head < sizeIPv4 || head > len(b) || int(binary.BigEndian.Uint16(b[2:])) != len(b):
			return fail("the length of IPv4 is not that of the packet")
		case sum(b[:head]) != 0:
			return fail("the checksum of IPv4 is wrong")
		case binary.BigEndian.Uint16(b[6:])&0x3fff != 0:
			return fail("a fragment")
		case b[8] == 0:
			return fail("its time to live is over")
		}
		return netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[9], b[head:], nil
	case len(b) >= sizeIPv6 && b[0]>>4 == 6:
		if int(binary.BigEndian.Uint16(b[4:])) != len(b)-sizeIPv6 {
			return fail("the length of IPv6 is not that of the packet")
		}
		if b[7] == 0 {
			return fail("its hop limit is reached")
		}
		return netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[6], b[sizeIPv6:], nil
	}
	return fail("neither IPv4 nor IPv6")
}

// buildIP is a packet with one of the protocols here.
func buildIP(from, to netip.Addr, protocol byte, body []byte) []byte {
	if from.Is6() {
		b := make([]byte, sizeIPv6, sizeIPv6+len(body))
		b[0], b[6], b[7] = 6<<4, protocol, hops
		binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
		copy(b[8:], from.AsSlice())
		copy(b[24:], to.AsSlice())
		return append(b, body...)
	}
	b := make([]byte, sizeIPv4, sizeIPv4+len(body))
	b[0], b[8], b[9] = 4<<4|sizeIPv4/4, hops, protocol
	binary.BigEndian.PutUint16(b[2:], uint16(sizeIPv4+len(body)))
	copy(b[12:], from.AsSlice())
	copy(b[16:], to.AsSlice())
	binary.BigEndian.PutUint16(b[10:], sum(b))
	return append(b, body...)
}

func buildUDP(d Datagram) ([]byte, error) {
	from, to := d.From.Addr(), d.To.Addr()
	if from.Is4() != to.Is4() {
		return nil, fmt.Errorf("sgsn: from %v to %v", from, to)
	}
	body := make([]byte, sizeUDP, sizeUDP+len(d.Payload))
	binary.BigEndian.PutUint16(body, d.From.Port())
	binary.BigEndian.PutUint16(body[2:], d.To.Port())
	binary.BigEndian.PutUint16(body[4:], uint16(sizeUDP+len(d.Payload)))
	body = append(body, d.Payload...)
	check := sum(pseudo(from, to, protocolUDP, len(body)), body)
	if check == 0 {
		check = 0xffff // 0 would be none
	}
	binary.BigEndian.PutUint16(body[6:], check)
	return buildIP(from, to, protocolUDP, body), nil
}

// portUnreachable is what a terminal's kernel says to a datagram for a port without socket (RFC 792; RFC 4443 §3.1), nil for a packet that
// can not be read.
func portUnreachable(packet []byte) []byte {
	from, to, _, _, err := parseIP(packet)
	if err != nil {
		return nil
	}
	const head, mostIPv4, mostIPv6 = 8, 576, 1280 // RFC 1812 §4.3.2.3, RFC 4443 §3.1
	if from.Is4() {
		body := append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, packet[:min(len(packet), mostIPv4-sizeIPv4-head)]...)
		binary.BigEndian.PutUint16(body[2:], sum(body))
		return buildIP(to, from, protocolICMP, body)
	}
	body := append([]byte{1, 4, 0, 0, 0, 0, 0, 0}, packet[:min(len(packet), mostIPv6-sizeIPv6-head)]...)
	binary.BigEndian.PutUint16(body[2:], sum(pseudo(to, from, protocolICMPv6, len(body)), body))
	return buildIP(to, from, protocolICMPv6, body)
}
