package smstx

import "github.com/ppgbox/ppgbox/sdk/wdp"

// A Datagram is Segments that are cut when they are asked for, so that one that waits keeps its payload once and no headers. It cuts
// as wdp.Segment does: what does not fit into one SMS goes into several under the reference.
type Datagram struct {
	Payload   []byte // must not be changed
	Ports     wdp.Ports
	Reference wdp.Reference
}

// Len is part of Segments. It is more than MaxSegments for a payload that does not fit.
func (d *Datagram) Len() int {
	segments, _ := wdp.Cut(len(d.Payload), d.Reference.Wide)
	return segments
}

// UserData is part of Segments.
func (d *Datagram) UserData(i int) []byte {
	return d.AppendUserData(make([]byte, 0, wdp.MaxUserData), i)
}

// AppendUserData appends UserData.
func (d *Datagram) AppendUserData(dst []byte, i int) []byte {
	b, err := wdp.AppendSegment(dst, d.Payload, d.Ports, d.Reference, i)
	if err != nil {
		panic("smstx: a segment of a datagram that does not fit: " + err.Error())
	}
	return b
}
