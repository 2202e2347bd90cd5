package gb

import (
	"encoding/hex"
	"net/netip"
	"testing"
)

// A frame of OsmoSGSN 1.9, with which it proposes XID parameters: without its last three octets those are its check sequence.
func TestCheck(t *testing.T) {
	const frame, want = "43fb01001601f41a05df", "8c7c4e"
	b, err := hex.DecodeString(frame)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(check(b)); got != want {
		t.Errorf("the check sequence of %s is %s, want %s", frame, got, want)
	}
}

func TestIdentity(t *testing.T) {
	for _, test := range []struct {
		kind         byte
		digits, want string
	}{
		{identityIMEI, "490154203237518", "084a09512430325781"}, // OsmoSGSN shows the digits of this one
		{identityIMEISV, "4901542032375186", "094309512430325781f6"},
	} {
		if got := hex.EncodeToString(identity(test.kind, test.digits)); got != test.want {
			t.Errorf("identity %s is %s, want %s", test.digits, got, test.want)
		}
	}
}

// An Activate PDP Context Accept of OsmoSGSN 1.9 with an address of OsmoGGSN.
func TestAddress(t *testing.T) {
	const accept = "8a42030e23621f72993f3f1143ffff000000042b0601210a2d0002"
	b, err := hex.DecodeString(accept)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := address(b), netip.MustParseAddr("10.45.0.2"); got != want {
		t.Errorf("the address is %v, want %v", got, want)
	}
	for n := range b {
		if got := address(b[:n]); got.IsValid() {
			t.Errorf("in the first %d octets is the address %v", n, got)
		}
	}
}

// A packet in two segments is one, and what is not ours to read is none.
func TestSegments(t *testing.T) {
	m := &Mobile{events: make(chan Event, 10), segments: make(map[uint16][]byte)}
	for _, text := range []string{
		"75000001aabb", // first and not last, of N-PDU 1
		"65000002cccc", // whole: N-PDU 2
		"250001dd",     // the rest of N-PDU 1: without compression octet
		"65010003eeee", // compressed
		"45000004ffff", // SN-DATA
		"65",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		m.sndcp(b)
	}
	close(m.events)
	var got []string
	for e := range m.events {
		got = append(got, hex.EncodeToString(e.Packet))
	}
	if len(got) != 2 || got[0] != "cccc" || got[1] != "aabbdd" {
		t.Errorf("packets %v, want cccc and aabbdd", got)
	}
}
