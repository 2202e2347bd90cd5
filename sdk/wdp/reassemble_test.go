package wdp

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// add adds a segment that must be well formed.
func add(t rapid.TB, r *Reassembler, now time.Time, source string, userData []byte) *Datagram {
	t.Helper()
	d, err := r.Add(now, source, "terminal", userData)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// cut makes the segments of n × 128 octets that begin with a text.
func cut(t rapid.TB, text string, n int, reference Reference) (payload []byte, segments [][]byte) {
	t.Helper()
	payload = make([]byte, 128*n)
	copy(payload, text)
	segments, err := Segment(payload, pushPorts, reference)
	if err != nil {
		t.Fatal(err)
	}
	return payload, segments
}

// Whatever the order and however often segments are repeated, every datagram arrives once and whole.
func TestReassembleShuffledAndDuplicated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type arrival struct {
			source   string
			userData []byte
		}
		var arrivals []arrival
		payloads := map[string][]byte{}
		ports := Ports{rapid.Uint16().Draw(t, "destination"), rapid.Uint16().Draw(t, "source")}
		reference := Reference{rapid.Uint16().Draw(t, "reference"), rapid.Bool().Draw(t, "wide")}
		for i := range rapid.IntRange(1, 4).Draw(t, "datagrams") {
			// More than one segment: single ones carry nothing to know a duplicate by.
			payload := rapid.SliceOfN(rapid.Byte(), 134, 2000).Draw(t, "payload")
			segments, err := Segment(payload, ports, reference)
			if err != nil {
				t.Fatal(err)
			}
			source := fmt.Sprint("source", i) // the same reference from different sources
			payloads[source] = payload
			for _, s := range segments {
				if len(s) > MaxUserData {
					t.Fatalf("a segment of %d octets", len(s))
				}
				for range rapid.IntRange(1, 3).Draw(t, "copies") {
					arrivals = append(arrivals, arrival{source, s})
				}
			}
		}
		r := NewReassembler(Limits{})
		for _, a := range rapid.Permutation(arrivals).Draw(t, "order") {
			d := add(t, r, start, a.source, a.userData)
			if d == nil {
				continue
			}
			want, ok := payloads[d.Source]
			if !ok || !bytes.Equal(d.Payload, want) || *d.Ports != ports || d.Destination != "terminal" {
				t.Fatalf("got %+v, want %x once", d, want)
			}
			delete(payloads, d.Source)
		}
		if len(payloads) > 0 {
			t.Fatalf("%d datagrams did not arrive", len(payloads))
		}
	})
}

func TestReassembleGolden(t *testing.T) {
	payload, segments := goldenSegments(t)
	r := NewReassembler(Limits{})
	if d := add(t, r, start, "a", segments[1]); d != nil {
		t.Fatalf("complete after one: %+v", d)
	}
	if d := add(t, r, start, "a", segments[0]); d == nil || !bytes.Equal(d.Payload, payload) || *d.Ports != pushPorts {
		t.Errorf("got %+v", d)
	}
}

func TestReassembleSingle(t *testing.T) {
	r := NewReassembler(Limits{})
	userData := unhex(t, "06 05 04 0b84 23f0 61")
	d := add(t, r, start, "a", userData)
	if d == nil || string(d.Payload) != "a" || *d.Ports != pushPorts {
		t.Fatalf("got %+v", d)
	}
	userData[7] = 'b'
	if string(d.Payload) != "a" {
		t.Error("the datagram shares memory with the segment")
	}
	if _, err := r.Add(start, "a", "b", nil); err == nil {
		t.Error("user data without header was taken")
	}
}

// Each part of the key tells datagrams apart.
func TestReassembleKey(t *testing.T) {
	_, narrow := cut(t, "x", 2, Reference{Number: 7})
	_, other := cut(t, "x", 2, Reference{Number: 8})
	_, wide := cut(t, "x", 2, Reference{Number: 7, Wide: true})
	_, three := cut(t, "x", 3, Reference{Number: 7})
	tests := []struct {
		name                string
		source, destination string
		second              []byte
	}{
		{"source", "b", "terminal", narrow[1]},
		{"destination", "a", "other", narrow[1]},
		{"reference", "a", "terminal", other[1]},
		{"size of the reference", "a", "terminal", wide[1]},
		{"total", "a", "terminal", three[1]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReassembler(Limits{})
			add(t, r, start, "a", narrow[0])
			if d, err := r.Add(start, tt.source, tt.destination, tt.second); d != nil || err != nil {
				t.Errorf("mixed: %+v, error %v", d, err)
			}
			if d := add(t, r, start, "a", narrow[1]); d == nil {
				t.Error("not complete with its own segment")
			}
		})
	}
}

func TestReassembleReusedReference(t *testing.T) {
	_, old := cut(t, "old", 3, Reference{Number: 7})
	payload, renewed := cut(t, "new", 3, Reference{Number: 7})
	r := NewReassembler(Limits{})
	add(t, r, start, "a", old[0])
	add(t, r, start, "a", renewed[0])
	add(t, r, start, "a", renewed[1])
	if d := add(t, r, start, "a", renewed[2]); d == nil || !bytes.Equal(d.Payload, payload) {
		t.Errorf("got %+v", d)
	}
}

func TestReassembleExpiry(t *testing.T) {
	_, segments := cut(t, "x", 2, Reference{Number: 7})
	for _, tt := range []struct {
		name     string
		after    time.Duration
		complete bool
	}{
		{"in time", time.Minute, true},
		{"too late", time.Minute + 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReassembler(Limits{Age: time.Minute})
			add(t, r, start, "a", segments[0])
			if d := add(t, r, start.Add(tt.after), "a", segments[1]); (d != nil) != tt.complete {
				t.Errorf("got %+v", d)
			}
		})
	}
}

func TestReassembleMemory(t *testing.T) {
	r := NewReassembler(Limits{Datagrams: 2})
	_, segments := cut(t, "x", 2, Reference{})
	for i := range 3 {
		add(t, r, start.Add(time.Duration(i)*time.Second), fmt.Sprint(i), segments[0])
	}
	if len(r.pending) != 2 {
		t.Errorf("%d datagrams are kept", len(r.pending))
	}
	if d := add(t, r, start.Add(3*time.Second), "2", segments[1]); d == nil {
		t.Error("the newest was let go")
	}
	if d := add(t, r, start.Add(3*time.Second), "0", segments[1]); d != nil {
		t.Error("the oldest was kept")
	}
}

// FuzzReassemble: whatever segments come, the datagrams hold what came and no more, and what is kept stays within its limit.
func FuzzReassemble(f *testing.F) {
	_, segments := goldenSegments(f)
	f.Add(segments[0], segments[1], segments[0])
	f.Add(segments[1], segments[0], segments[1])
	f.Add([]byte{5, 0, 3, 1, 2, 1, 'a'}, []byte{5, 0, 3, 1, 2, 2}, []byte{5, 0, 3, 1, 2, 1, 'b'})
	f.Add([]byte{6, 8, 4, 0, 1, 255, 1}, []byte{5, 0, 3, 1, 1, 1, 'x'}, []byte{4, 4, 2, 0, 0, 'y'})
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		r := NewReassembler(Limits{Datagrams: 2})
		in, out := 0, 0
		for i, s := range [][]byte{a, b, c, a, b, c} {
			d, err := r.Add(start.Add(time.Duration(i)*time.Second), "source", "terminal", s)
			if err == nil {
				in += len(s)
			}
			if d != nil {
				out += len(d.Payload)
			}
			if len(r.pending) > 2 {
				t.Fatalf("%d datagrams are kept", len(r.pending))
			}
		}
		if out > in {
			t.Fatalf("%d octets of %d", out, in)
		}
	})
}
