package smstx

import "github.com/ppgbox/ppgbox/sdk/wdp"

// A Datagram is Segments that are cut when they are asked for, so that one that waits keeps its payload once and no headers. It cuts
// as wdp.Segment does: what does not fit into one SMS goes into several under the reference.
type Datagram struct {
	Payload   []byte // must not be changed
	Ports     wdp.Ports
	Reference wdp.Reference
}

// header is the user data header of segment i of so many.
func (d *Datagram) header(i, total int) []byte {
	h := wdp.Header{Ports: &d.Ports}
	if total > 1 {
		h.Concatenation = &wdp.Concatenation{Reference: d.Reference, Total: byte(total), Sequence: byte(i + 1)}
	}
	b, err := h.AppendTo(make([]byte, 0, wdp.MaxUserData))
	if err != nil {
		panic("smstx: a header of ports and a concatenation is too long: " + err.Error())
	}
	return b
}

// Len is part of Segments. It is more than MaxSegments for a payload that does not fit.
func (d *Datagram) Len() int {
	if len(d.Payload) <= wdp.MaxUserData-len(d.header(0, 1)) {
		return 1
	}
	size := d.size()
	return (len(d.Payload) + size - 1) / size
}

// size is how many octets of the payload a segment of several has.
func (d *Datagram) size() int { return wdp.MaxUserData - len(d.header(0, 2)) }

// UserData is part of Segments.
func (d *Datagram) UserData(i int) []byte {
	total := d.Len()
	if total == 1 {
		return append(d.header(0, 1), d.Payload...)
	}
	size := d.size()
	return append(d.header(i, total), d.Payload[i*size:min((i+1)*size, len(d.Payload))]...)
}
