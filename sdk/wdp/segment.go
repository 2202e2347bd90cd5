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

// Segment cuts a payload into the user data of one SMS or several, each at most MaxUserData octets with its header. A payload of at most 133
// octets needs one and no concatenation; otherwise all but the last segment carry 128 octets, or 127 with a
// wide reference. Equal input gives equal octets. A payload that does not fit is a *TooLongError.
func Segment(payload []byte, ports Ports, reference Reference) ([][]byte, error) {
	if len(payload) <= maxSingle {
		single, err := segment(payload, Header{Ports: &ports})
		return [][]byte{single}, err
	}
	size := maxSegment8
	if reference.Wide {
		size = maxSegment16
	}
	total := (len(payload) + size - 1) / size
	if total > MaxSegments {
		return nil, &TooLongError{Size: len(payload), Most: MaxSegments * size}
	}
	segments := make([][]byte, total)
	for i := range segments {
		part := payload[i*size : min((i+1)*size, len(payload))]
		c := &Concatenation{Reference: reference, Total: byte(total), Sequence: byte(i + 1)}
		var err error
		if segments[i], err = segment(part, Header{Ports: &ports, Concatenation: c}); err != nil {
			return nil, err
		}
	}
	return segments, nil
}

func segment(part []byte, h Header) ([]byte, error) {
	userData, err := h.AppendTo(make([]byte, 0, MaxUserData))
	if err != nil {
		return nil, err
	}
	return append(userData, part...), nil
}
