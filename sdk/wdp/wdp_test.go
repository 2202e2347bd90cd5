package wdp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var pushPorts = Ports{Destination: PortPush, Source: PortWSP}

// Two segments of a push of 186 octets with 8-bit reference 0x2A; checked with Wireshark, which reassembles them to an
// SI with the text "Hello concatenated world, this text makes it long".
func goldenSegments(t testing.TB) (payload []byte, segments [][]byte) {
	first := unhex(t, `0b 05 04 0b84 23f0 00 03 2a 02 01
		01 06 01 ae 02 05 6a 00 45 c6 0b 03 687474703a2f2f6578616d706c652e636f6d2f`+strings.Repeat("61", 97))
	second := unhex(t, `0b 05 04 0b84 23f0 00 03 2a 02 02
		616161 00 01 03 48656c6c6f20636f6e636174656e6174656420776f726c642c20746869732074657874206d616b6573206974206c6f6e67 00 01 01`)
	return append(append([]byte{}, first[12:]...), second[12:]...), [][]byte{first, second}
}

func TestSegmentGolden(t *testing.T) {
	payload, want := goldenSegments(t)
	got, err := Segment(payload, pushPorts, Reference{Number: 0x2A})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v\ngot  %x\nwant %x", err, got, want)
	}
	if len(payload) != 186 || len(want[0]) != MaxUserData || len(want[1]) != 70 {
		t.Errorf("sizes %d, %d, %d", len(payload), len(want[0]), len(want[1]))
	}
}

func TestSegmentSizes(t *testing.T) {
	tests := []struct {
		name    string
		size    int
		wide    bool
		sizes   []int // of the user data; nil is an error
		headers string
	}{
		{"empty", 0, false, []int{7}, "06 05 04 0b84 23f0"},
		{"one at most", 133, false, []int{140}, "06 05 04 0b84 23f0"},
		{"one at most, wide", 133, true, []int{140}, "06 05 04 0b84 23f0"},
		{"two", 134, false, []int{140, 12 + 6}, "0b 05 04 0b84 23f0 00 03 34 02 01"},
		{"two, wide", 134, true, []int{140, 13 + 7}, "0c 05 04 0b84 23f0 08 04 1234 02 01"},
		{"two full", 256, false, []int{140, 140}, "0b 05 04 0b84 23f0 00 03 34 02 01"},
		{"two full, wide", 254, true, []int{140, 140}, "0c 05 04 0b84 23f0 08 04 1234 02 01"},
		{"three", 257, false, []int{140, 140, 13}, "0b 05 04 0b84 23f0 00 03 34 03 01"},
		{"three, wide", 255, true, []int{140, 140, 14}, "0c 05 04 0b84 23f0 08 04 1234 03 01"},
		{"too long", 255*128 + 1, false, nil, ""},
		{"too long, wide", 255*127 + 1, true, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			segments, err := Segment(make([]byte, tt.size), pushPorts, Reference{Number: 0x1234, Wide: tt.wide})
			if tt.sizes == nil {
				var tooLong *TooLongError
				if !errors.As(err, &tooLong) || tooLong.Size != tt.size || tooLong.Most != tt.size-1 {
					t.Errorf("%d segments, error %v", len(segments), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var sizes []int
			for _, s := range segments {
				sizes = append(sizes, len(s))
			}
			if !reflect.DeepEqual(sizes, tt.sizes) {
				t.Errorf("sizes %v, want %v", sizes, tt.sizes)
			}
			if want := unhex(t, tt.headers); !bytes.HasPrefix(segments[0], want) {
				t.Errorf("header % x, want % x", segments[0][:len(want)], want)
			}
		})
	}
	if segments, err := Segment(make([]byte, 255*128), pushPorts, Reference{}); err != nil || len(segments) != MaxSegments {
		t.Errorf("%d segments, error %v", len(segments), err)
	}
}

func TestParseHeader(t *testing.T) {
	other := func(id byte, data ...byte) Element { return Element{ID: id, Data: data} }
	tests := []struct {
		name, userData string
		want           Header
		payload        string
	}{
		{"empty header", "00 61", Header{}, "a"},
		{"ports", "06 05 04 0b84 23f0 61", Header{Ports: &pushPorts}, "a"},
		{"8-bit ports", "04 04 02 f5 f6 61", Header{Ports: &Ports{0xF5, 0xF6}}, "a"},
		{"8-bit reference", "05 00 03 2a 02 01", Header{Concatenation: &Concatenation{Reference{0x2A, false}, 2, 1}}, ""},
		{"16-bit reference", "06 08 04 1234 02 02", Header{Concatenation: &Concatenation{Reference{0x1234, true}, 2, 2}}, ""},
		{"unknown elements kept", "07 70 00 24 03 010203 61", Header{Others: []Element{other(0x70), other(0x24, 1, 2, 3)}}, "a"},
		{"concatenation before ports", "0b 00 03 2a 01 01 05 04 0b84 23f0", Header{Ports: &pushPorts, Concatenation: &Concatenation{Reference{0x2A, false}, 1, 1}}, ""},
		{"last of two ports", "0a 04 02 01 02 05 04 0b84 23f0", Header{Ports: &pushPorts}, ""},
		{"sequence 0 ignored", "05 00 03 2a 02 00", Header{Others: []Element{other(0, 0x2A, 2, 0)}}, ""},
		{"sequence beyond total ignored", "06 08 04 1234 02 03", Header{Others: []Element{other(8, 0x12, 0x34, 2, 3)}}, ""},
		{"ports of another length", "05 05 03 0b8423", Header{Others: []Element{other(5, 0x0B, 0x84, 0x23)}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, payload, err := ParseHeader(unhex(t, tt.userData))
			for i := range h.Others { // empty and nil data are the same
				h.Others[i].Data = append([]byte(nil), h.Others[i].Data...)
			}
			if err != nil || !reflect.DeepEqual(h, tt.want) || string(payload) != tt.payload {
				t.Errorf("got %+v, payload %q, error %v", h, payload, err)
			}
		})
	}
}

func TestParseHeaderErrors(t *testing.T) {
	for _, tt := range []struct{ name, userData, want string }{
		{"nothing", "", "no header"},
		{"longer than the user data", "06 05 04 0b84", "header has 7 octets"},
		{"an element without length", "01 05", "octet 1"},
		{"an element longer than the header", "03 05 04 0b 84 23 f0", "octet 1"},
		{"the second element", "05 70 00 05 04 0b", "octet 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if h, _, err := ParseHeader(unhex(t, tt.userData)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, error %v", h, err)
			}
		})
	}
}

func TestAppendToErrors(t *testing.T) {
	long := Element{ID: 0x70, Data: make([]byte, 128)}
	if _, err := (Header{Others: []Element{long, long}}).AppendTo(nil); err == nil {
		t.Error("a header of 260 octets was written")
	}
	if _, err := (Header{Others: []Element{{Data: make([]byte, 256)}}}).AppendTo(nil); err == nil {
		t.Error("an element of 256 octets was written")
	}
}

func FuzzParseHeader(f *testing.F) {
	_, segments := goldenSegments(f)
	f.Add(segments[0])
	f.Add(unhex(f, "07 70 00 24 03 010203 61"))
	f.Add(unhex(f, "06 08 04 1234 02 03"))
	f.Fuzz(func(t *testing.T, userData []byte) {
		h, payload, err := ParseHeader(userData)
		if err != nil {
			return
		}
		// What was read can be written, unless 8-bit ports that become 16-bit ones make it too long, and reads the same.
		again, err := h.AppendTo(nil)
		if err != nil {
			return
		}
		h2, payload2, err := ParseHeader(append(again, payload...))
		if err != nil || !reflect.DeepEqual(h2, h) || !bytes.Equal(payload2, payload) {
			t.Fatalf("got %+v %q, error %v, want %+v %q", h2, payload2, err, h, payload)
		}
	})
}
