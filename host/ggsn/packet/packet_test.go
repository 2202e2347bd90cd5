package packet

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

var (
	source   = netip.MustParseAddrPort("10.46.0.1:9200")
	terminal = netip.MustParseAddrPort("10.46.0.7:2948")
)

// The packet was taken apart by tshark 4.0, which found both checksums good.
func TestAppend(t *testing.T) {
	const want = "4500" + "0026" + "1234" + "0000" + "40" + "11" + "5430" + "0a2e0001" + "0a2e0007" + // IPv4
		"23f0" + "0b84" + "0012" + "9bb6" + // UDP
		"010603aeaf8202056a00" // WSP Push
	payload, _ := hex.DecodeString("010603aeaf8202056a00")
	d := Datagram{Source: source, Destination: terminal, ID: 0x1234, Payload: payload}
	if got := hex.EncodeToString(d.Append(nil, 0, 1400)); got != want || d.Packets(1400) != 1 {
		t.Errorf("%d packets, the first is\n%s, want\n%s", d.Packets(1400), got, want)
	}
}

// However a datagram is cut, its pieces make it again, with right checksums.
func TestFragments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Datagram{
			Source: source, Destination: terminal, ID: rapid.Uint16().Draw(t, "id"),
			Payload: rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "payload"),
		}
		mtu := rapid.IntRange(68, 2000).Draw(t, "mtu")
		var whole []byte
		n := d.Packets(mtu)
		for i := range n {
			b := d.Append([]byte("before"), i, mtu)[len("before"):]
			h, ok := Parse(b)
			fragment := binary.BigEndian.Uint16(b[6:])
			switch {
			case !ok || len(b) > mtu || h.length != len(b) || h.Source != source.Addr() || h.Destination != terminal.Addr():
				t.Fatalf("packet %d of %d is %x", i, n, b)
			case plainSum(b[:20]) != 0xFFFF:
				t.Fatalf("packet %d has a wrong checksum: %x", i, b[:20])
			case int(fragment&0x1FFF)*8 != len(whole) || (fragment&0x2000 != 0) != (i+1 < n) || binary.BigEndian.Uint16(b[4:]) != d.ID:
				t.Fatalf("packet %d of %d, behind %d octets, has %x", i, n, len(whole), b[:20])
			}
			whole = append(whole, b[20:]...)
		}
		if !bytes.Equal(whole[8:], d.Payload) || int(binary.BigEndian.Uint16(whole[4:])) != len(whole) {
			t.Fatalf("%d octets of payload became %x", len(d.Payload), whole)
		}
		pseudo := append(source.Addr().AsSlice(), terminal.Addr().AsSlice()...)
		pseudo = append(pseudo, 0, 17, byte(len(whole)>>8), byte(len(whole)))
		if whole[6] == 0 && whole[7] == 0 || plainSum(append(pseudo, whole...)) != 0xFFFF {
			t.Fatalf("the checksum of %x is wrong", whole)
		}
	})
}

// plainSum is RFC 1071's, as it is written there.
func plainSum(b []byte) uint16 {
	var s uint32
	for len(b) > 1 {
		s += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s>>16 != 0 {
		s = s&0xFFFF + s>>16
	}
	return uint16(s)
}

// A checksum that comes out as 0 is sent as all ones: 0 is none (RFC 768).
func TestChecksumIsNeverNone(t *testing.T) {
	d := Datagram{Source: source, Destination: terminal, Payload: []byte{0, 0}}
	b := d.Append(nil, 0, 1400)
	binary.BigEndian.PutUint16(d.Payload, binary.BigEndian.Uint16(b[26:])) // what is missing to all ones
	if got := d.Append(nil, 0, 1400)[26:28]; !bytes.Equal(got, []byte{0xFF, 0xFF}) {
		t.Errorf("it is %x", got)
	}
}

func TestParseRefuses(t *testing.T) {
	whole := Datagram{Source: source, Destination: terminal, Payload: []byte("12345678")}.Append(nil, 0, 1400)
	rows := []struct {
		name   string
		change func(b []byte) []byte
	}{
		{"nothing", func([]byte) []byte { return nil }},
		{"less than a header", func(b []byte) []byte { return b[:19] }},
		{"IPv6", func(b []byte) []byte { b[0] = 0x60; return b }},
		{"a header that is too short", func(b []byte) []byte { b[0] = 0x44; return b }},
		{"a header beyond the packet", func(b []byte) []byte { b[0] = 0x4F; return b }},
		{"a length beyond what came", func(b []byte) []byte { b[3]++; return b }},
		{"a length below the header", func(b []byte) []byte { b[3] = 19; return b }},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if h, ok := Parse(row.change(bytes.Clone(whole))); ok {
				t.Errorf("it is %+v", h)
			}
		})
	}
	if h, ok := Parse(append(whole, 0, 0)); !ok || h.Source != source.Addr() { // padding of a link
		t.Errorf("with octets behind it: %+v, %t", h, ok)
	}
}

// icmp is a packet of the terminal with an ICMP error about another.
func icmp(kind, code byte, quoted []byte) []byte {
	m := append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, quoted...)
	binary.BigEndian.PutUint16(m[2:], ^plainSum(m))
	b := []byte{0x45, 0, 0, byte(20 + len(m)), 0, 0, 0, 0, 64, 1, 0, 0}
	b = append(append(b, terminal.Addr().AsSlice()...), source.Addr().AsSlice()...)
	return append(b, m...)
}

func TestParseComplaint(t *testing.T) {
	sent := Datagram{Source: source, Destination: terminal, ID: 77, Payload: []byte("12345678")}.Append(nil, 0, 1400)
	rows := []struct {
		name   string
		packet []byte
		ok     bool
		says   string
		final  bool
	}{
		{"port unreachable", icmp(3, 3, sent[:28]), true, "ICMP port unreachable", true},
		{"with all of the packet", icmp(3, 3, sent), true, "ICMP port unreachable", true},
		{"host unreachable", icmp(3, 1, sent[:28]), true, "ICMP host unreachable", false},
		{"time exceeded", icmp(11, 0, sent[:28]), true, "ICMP type 11 code 0", false},
		{"reassembly time exceeded", icmp(11, 1, sent[:28]), true, "ICMP fragment reassembly time exceeded", false},
		{"echo", icmp(8, 0, sent[:28]), false, "", false},
		{"too little of the packet", icmp(3, 3, sent[:23]), false, "", false},
		{"of TCP", icmp(3, 3, replaced(sent[:28], 9, 6)), false, "", false},
		{"of a later fragment", icmp(3, 3, replaced(sent[:28], 7, 1)), false, "", false},
		{"of IPv6", icmp(3, 3, replaced(sent[:28], 0, 0x60)), false, "", false},
		{"a wrong checksum", replaced(icmp(3, 3, sent[:28]), 22, 0), false, "", false},
		{"no ICMP", replaced(icmp(3, 3, sent[:28]), 9, 17), false, "", false},
		{"a later fragment of it", replaced(icmp(3, 3, sent[:28]), 7, 1), false, "", false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			h, ok := Parse(row.packet)
			if !ok {
				t.Fatal("it is no packet")
			}
			c, ok := ParseComplaint(h, row.packet)
			if ok != row.ok {
				t.Fatalf("it is %+v, %t", c, ok)
			}
			if ok && (c.Source != source || c.Destination != terminal || c.ID != 77 || c.String() != row.says || c.Final() != row.final) {
				t.Errorf("it is %+v, %s", c, c)
			}
		})
	}
}

func replaced(b []byte, at int, by byte) []byte {
	b = bytes.Clone(b)
	b[at] = by
	return b
}

func FuzzParse(f *testing.F) {
	sent := Datagram{Source: source, Destination: terminal, ID: 77, Payload: []byte("12345678")}.Append(nil, 0, 1400)
	f.Add(sent)
	f.Add(icmp(3, 3, sent))
	f.Add([]byte{0x45})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := Parse(b)
		if !ok {
			return
		}
		if !h.Source.Is4() || !h.Destination.Is4() || h.length > len(b) {
			t.Errorf("%+v of %d octets", h, len(b))
		}
		if c, ok := ParseComplaint(h, b); ok && (!c.Source.IsValid() || !c.Destination.IsValid() || c.String() == "") {
			t.Errorf("%+v", c)
		}
	})
}
