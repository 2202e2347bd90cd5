package smpp

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
)

func seeds(f *testing.F) [][]byte {
	var out [][]byte
	for _, p := range []PDU{
		&SubmitSM{ServiceType: "WAP", Destination: Address{1, 1, "46"}, ShortMessage: []byte("x"), TLVs: TLVs{{TagSetDPF, []byte{1}}}},
		&DataSM{TLVs: TLVs{{TagMessagePayload, []byte("abc")}, {TagMessagePayload, nil}}},
		&SubmitSMResp{MessageID: "1"}, &DataSMResp{}, &DeliverSM{}, &DeliverSMResp{}, &Bind{Mode: Transmitter, SystemID: "a"},
		&BindResp{Mode: Transmitter}, &Outbind{}, &QuerySM{}, &QuerySMResp{}, &CancelSM{}, &ReplaceSM{}, &AlertNotification{},
		&EnquireLink{}, &GenericNack{}, &UnknownPDU{Command: 0x111},
	} {
		b, err := Append(nil, StatusOK, 1, p)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// FuzzDecode: no input panics, and what is decoded and can be encoded decodes to the same again.
func FuzzDecode(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, p, err := Decode(frame)
		if err != nil {
			var bad *DecodeError
			if !errors.As(err, &bad) || bad.Status == StatusOK || bad.Field == "" {
				t.Fatalf("an error without a field or status: %v", err)
			}
			return
		}
		again, err := Append(nil, h.Status, h.Sequence, p)
		if err != nil {
			return // read more leniently than it may be written
		}
		h2, p2, err := Decode(again)
		if err != nil || h2 != h || !reflect.DeepEqual(p2, p) {
			t.Fatalf("%+v %+v became %+v %+v (%v)", h, p, h2, p2, err)
		}
	})
}

// FuzzFrames: a stream is cut into frames that together are the stream, up to the first one that cannot be.
func FuzzFrames(f *testing.F) {
	f.Add(bytes.Join(seeds(f), nil))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{0, 0, 0, 16})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := newFrameReader(iotestOneByte{bytes.NewReader(stream)}, 1000)
		rest := stream
		for {
			frame, err := r.next()
			if err != nil {
				var bad *FrameError
				if err == io.EOF && len(rest) > 0 || errors.As(err, &bad) && len(rest) < 4 {
					t.Fatalf("%v with %d octets left", err, len(rest))
				}
				return
			}
			if len(frame) < HeaderSize || len(frame) > 1000 || !bytes.HasPrefix(rest, frame) {
				t.Fatalf("frame %x of %x", frame, rest)
			}
			rest = rest[len(frame):]
		}
	})
}

// iotestOneByte gives one octet a Read, as a slow network may.
type iotestOneByte struct{ r io.Reader }

func (o iotestOneByte) Read(p []byte) (int, error) { return o.r.Read(p[:1]) }
