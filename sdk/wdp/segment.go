package wdp

import "fmt"

// Sizes of the headers of a segment, their length octet included, and what they leave for the payload.
const (
	portsHeader    = 1 + 2 + 4
	concatenation8 = 2 + 3

	maxSingle    = MaxUserData - portsHeader // 133
	maxSegment8  = maxSingle - concatenation8
	maxSegment16 = maxSegment8 - 1
)

// MaxSegments is the number of segments that a datagram may have.
const MaxSegments = 255

// TooLongError says that a payload does not fit into MaxSegments segments.
type TooLongError struct {
	Size int // octets of the payload
	Most int // octets that fit
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("wdp: a payload of %d octets does not fit into %d segments, which carry %d", e.Size, MaxSegments, e.Most)
}

// Cut says how Segment cuts a payload of so many octets: into how many segments, which may be too many, and what each but the last
// carries.
func Cut(size int, wide bool) (segments, each int) {
	switch {
	case size <= maxSingle:
		return 1, maxSingle
	case wide:
		each = maxSegment16
	default:
		each = maxSegment8
	}
	return (size + each - 1) / each, each
}

// Segment cuts a payload into the user data of one SMS or several, each at most MaxUserData octets with its header. A payload of at most 133
// octets needs one and no concatenation; otherwise all but the last segment carry 128 octets, or 127 with a
// wide reference. Equal input gives equal octets. A payload that does not fit is a *TooLongError.
func Segment(payload []byte, ports Ports, reference Reference) ([][]byte, error) {
	total, each := Cut(len(payload), reference.Wide)
	if total > MaxSegments {
		return nil, &TooLongError{Size: len(payload), Most: MaxSegments * each}
	}
	segments := make([][]byte, total)
	for i := range segments {
		var err error
		if segments[i], err = AppendSegment(make([]byte, 0, MaxUserData), payload, ports, reference, i); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

// AppendSegment appends segment i, from 0, of those that Segment makes of the payload.
func AppendSegment(dst, payload []byte, ports Ports, reference Reference, i int) ([]byte, error) {
	total, each := Cut(len(payload), reference.Wide)
	if total > MaxSegments {
		return nil, &TooLongError{Size: len(payload), Most: MaxSegments * each}
	}
	h := Header{Ports: &ports}
	if total > 1 {
		h.Concatenation = &Concatenation{Reference: reference, Total: byte(total), Sequence: byte(i + 1)}
	}
	dst, err := h.AppendTo(dst)
	if err != nil {
		return nil, err
	}
	return append(dst, payload[i*each:min((i+1)*each, len(payload))]...), nil
}
