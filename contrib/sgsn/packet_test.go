package sgsn

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
)

var datagrams = []Datagram{
	{From: netip.MustParseAddrPort("10.46.0.1:9200"), To: netip.MustParseAddrPort("10.47.0.7:2948"), Payload: []byte("even")},
	{From: netip.MustParseAddrPort("10.46.0.1:9200"), To: netip.MustParseAddrPort("10.47.0.7:2948"), Payload: []byte("odd")},
	{From: netip.MustParseAddrPort("[2001:db8::1]:9200"), To: netip.MustParseAddrPort("[2001:db8::7]:2948"), Payload: []byte("six")},
}

// What is built is read as it was, and not with any octet changed but those that no checksum is over.
func TestParseUDP(t *testing.T) {
	for _, want := range datagrams {
		b, err := buildUDP(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseUDP(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v is read as %v, %v", want, got, err)
		}
		for i := range b {
			if six := want.From.Addr().Is6(); six && (i <= 3 || i == 7) {
				continue // traffic class, flow label and hop limit
			}
			changed := bytes.Clone(b)
			changed[i] ^= 0x11
			if got, err := ParseUDP(changed); err == nil {
				t.Errorf("%v with octet %d changed is read as %v", want, i, got)
			}
		}
	}
}

// The ICMP error goes back to the sender, with its packet, and its own checksum is right.
func TestPortUnreachable(t *testing.T) {
	for _, d := range datagrams {
		packet, err := buildUDP(d)
		if err != nil {
			t.Fatal(err)
		}
		from, to, protocol, body, err := parseIP(portUnreachable(packet))
		if err != nil || from != d.To.Addr() || to != d.From.Addr() || !bytes.HasSuffix(body, packet) {
			t.Fatalf("from %v to %v: %x, %v", from, to, body, err)
		}
		var over [][]byte
		want := byte(protocolICMP)
		if from.Is6() {
			want = protocolICMPv6
			over = append(over, pseudo(from, to, protocol, len(body)))
		}
		if protocol != want || sum(append(over, body)...) != 0 {
			t.Errorf("protocol %d, checksum off by %#x", protocol, sum(append(over, body)...))
		}
	}
	if got := portUnreachable([]byte{0x45}); got != nil {
		t.Errorf("to garbage %x is said", got)
	}
}

func FuzzParseUDP(f *testing.F) {
	for _, d := range datagrams {
		b, err := buildUDP(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(portUnreachable(b))
	}
	f.Add([]byte{0x46, 0, 0, 20})
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = portUnreachable(b)
		d, err := ParseUDP(b)
		if err != nil {
			return
		}
		again, err := buildUDP(d)
		if err != nil {
			t.Fatalf("%v was read and can not be built: %v", d, err)
		}
		if got, err := ParseUDP(again); err != nil || !reflect.DeepEqual(got, d) {
			t.Errorf("%v is %v when it is built again, %v", d, got, err)
		}
	})
}
