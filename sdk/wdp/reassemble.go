package wdp

import (
	"bytes"
	"time"
)

// Limits bound what a Reassembler keeps. Zero fields mean 64 datagrams and 10 minutes.
type Limits struct {
	Datagrams int           // datagrams with a segment missing, and those complete whose duplicates are still ignored
	Age       time.Duration // since the last segment of a datagram
}

// Datagram is what a terminal receives.
type Datagram struct {
	Source      string
	Destination string
	Ports       *Ports // of the segment that completed it; nil without
	Payload     []byte
}

// Reassembler puts segments together, in whatever order they come. It keeps at most Limits.Datagrams × 255 segments.
// It is not safe for concurrent use.
type Reassembler struct {
	limits  Limits
	pending map[reassemblyKey]*reassembly
}

// reassemblyKey tells datagrams apart, TS 23.040 §9.2.3.24.1.
type reassemblyKey struct {
	source, destination string
	reference           Reference
	total               byte
}

type reassembly struct {
	parts   [][]byte // by sequence number less one; nil is missing
	missing int
	last    time.Time
}

// NewReassembler returns an empty Reassembler.
func NewReassembler(limits Limits) *Reassembler {
	if limits.Datagrams <= 0 {
		limits.Datagrams = 64
	}
	if limits.Age <= 0 {
		limits.Age = 10 * time.Minute
	}
	return &Reassembler{limits: limits, pending: make(map[reassemblyKey]*reassembly)}
}

// Add takes the user data of one SMS, which begins with a header, and returns the datagram that it completes, or nil. now is the time of
// arrival; it decides what is too old to keep.
//
// A segment that was there before is ignored, also after its datagram was completed, so that a repeated message is not
// received twice. A segment that differs from the one at its place belongs to a new datagram with a reused
// reference: the older one is given up.
func (r *Reassembler) Add(now time.Time, source, destination string, userData []byte) (*Datagram, error) {
	h, payload, err := ParseHeader(userData)
	if err != nil {
		return nil, err
	}
	d := &Datagram{Source: source, Destination: destination, Ports: h.Ports}
	if h.Concatenation == nil {
		d.Payload = bytes.Clone(payload)
		return d, nil
	}
	r.expire(now)
	c := *h.Concatenation
	key := reassemblyKey{source, destination, c.Reference, c.Total}
	p := r.pending[key]
	if p != nil && p.parts[c.Sequence-1] != nil && !bytes.Equal(p.parts[c.Sequence-1], payload) {
		p = nil
	}
	if p == nil {
		r.makeRoom(key)
		p = &reassembly{parts: make([][]byte, c.Total), missing: int(c.Total)}
		r.pending[key] = p
	}
	p.last = now
	if p.parts[c.Sequence-1] != nil {
		return nil, nil
	}
	p.parts[c.Sequence-1] = append([]byte{}, payload...) // not nil, even if empty
	p.missing--
	if p.missing > 0 {
		return nil, nil
	}
	d.Payload = bytes.Join(p.parts, nil)
	return d, nil
}

// expire forgets what had no segment for longer than the age allowed.
func (r *Reassembler) expire(now time.Time) {
	for key, p := range r.pending {
		if now.Sub(p.last) > r.limits.Age {
			delete(r.pending, key)
		}
	}
}

// makeRoom lets go of the datagram that waited longest, unless key takes the place of its own predecessor.
func (r *Reassembler) makeRoom(key reassemblyKey) {
	if _, ok := r.pending[key]; ok || len(r.pending) < r.limits.Datagrams {
		return
	}
	var oldest reassemblyKey
	var since time.Time
	for key, p := range r.pending {
		if since.IsZero() || p.last.Before(since) {
			oldest, since = key, p.last
		}
	}
	delete(r.pending, oldest)
}
