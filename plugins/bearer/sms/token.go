package sms

import (
	"encoding/binary"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A token says how far a push that goes in segments is. With it the push is taken up under the same reference.
//
//	octet  0      version: 1, or 2 with what the SMSC stored
//	octet  1      flags: 1 the reference has 16 bits
//	octets 2–3    reference
//	octet  4      number of segments
//	octet  5      WSP transaction id, part of the first segment
//	octets 6–9    CRC-32 of what the segments say and of who sends it
//	octets 10–17  when the last segment went through, in seconds since 1970; 0 if none did
//
// and then, in version 1,
//
//	octets 18–    a bit for each segment that is through, the first in bit 0
//
// or in version 2
//
//	octets 18–25  until when receipts may come, in seconds since 1970
//	octets 26–    for each segment its message_state, 0 if the SMSC does not have it, the length of its message id, and that id
type token struct {
	stored    *stored // of version 2
	through   smstx.Set
	at        int64
	sum       uint32
	reference uint16
	total     uint8
	tid       byte
	wide      bool
}

// stored is what the SMSC has of a push.
type stored struct {
	until    int64
	segments []storedSegment
}

// A storedSegment is one segment that the SMSC may have.
type storedSegment struct {
	state smpp.MessageState // 0: it does not have it; StateEnroute: no receipt yet
	id    string
}

const (
	tokenVersion       = 1
	tokenVersionStored = 2
	tokenHeader        = 18
	storedHeader       = 26
	flagWide           = 1

	maxMessageID = 64 // octets (SMPP 3.4 §5.2.23)
	maxToken     = 4096
	// maxStoredSegments is how many segments fit into a token with the longest ids.
	maxStoredSegments = (maxToken - storedHeader) / (2 + maxMessageID)
)

// keepsPartial is how long a terminal is trusted to keep the segments of a message that is not whole. After it all of them are
// sent again, under the same reference, so that a terminal that kept them after all ignores the second ones.
const keepsPartial = 5 * time.Minute

func (t token) octets() []byte {
	b := make([]byte, 0, tokenHeader+(int(t.total)+7)/8)
	version, flags := byte(tokenVersion), byte(0)
	if t.stored != nil {
		version = tokenVersionStored
	}
	if t.wide {
		flags = flagWide
	}
	b = append(b, version, flags)
	b = binary.BigEndian.AppendUint16(b, t.reference)
	b = append(b, byte(t.total), t.tid)
	b = binary.BigEndian.AppendUint32(b, t.sum)
	b = binary.BigEndian.AppendUint64(b, uint64(t.at))
	if t.stored == nil {
		return append(b, t.through.Octets((int(t.total)+7)/8)...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(t.stored.until))
	for _, s := range t.stored.segments {
		b = append(b, byte(s.state), byte(len(s.id)))
		b = append(b, s.id...)
	}
	return b
}

// parseToken reads a token; false if it is none of these versions.
func parseToken(b []byte) (token, bool) {
	if len(b) < tokenHeader || b[1]&^flagWide != 0 {
		return token{}, false
	}
	t := token{
		wide: b[1] == flagWide, reference: binary.BigEndian.Uint16(b[2:]), total: b[4], tid: b[5],
		sum: binary.BigEndian.Uint32(b[6:]), at: int64(binary.BigEndian.Uint64(b[10:])),
	}
	if !t.wide && t.reference > 0xFF {
		return token{}, false
	}
	switch {
	case b[0] == tokenVersion:
		return t.parseThrough(b[tokenHeader:])
	case b[0] == tokenVersionStored && len(b) >= storedHeader:
		return t.parseStored(b[tokenHeader:])
	}
	return token{}, false
}

func (t token) parseThrough(bitmap []byte) (token, bool) {
	if t.total < 2 || len(bitmap) != (int(t.total)+7)/8 {
		return token{}, false
	}
	t.through = smstx.SetOf(bitmap)
	for i := int(t.total); i < len(bitmap)*8; i++ {
		if t.through.Has(i) {
			return token{}, false
		}
	}
	return t, true
}

func (t token) parseStored(b []byte) (token, bool) {
	t.stored = &stored{until: int64(binary.BigEndian.Uint64(b)), segments: make([]storedSegment, t.total)}
	b = b[storedHeader-tokenHeader:]
	for i := range t.stored.segments {
		if len(b) < 2 || b[1] > maxMessageID || len(b) < 2+int(b[1]) || b[0] == 0 && b[1] > 0 {
			return token{}, false
		}
		t.stored.segments[i] = storedSegment{state: smpp.MessageState(b[0]), id: string(b[2 : 2+b[1]])}
		if b[0] == byte(smpp.StateDelivered) {
			t.through.Add(i)
		}
		b = b[2+b[1]:]
	}
	return t, t.total > 0 && len(b) == 0
}

// inUse is the references under which the terminal may have segments of a message that is not whole: those of the other pushes to it
// that wait, and of an earlier start of the push itself, whatever their size, since terminals may not tell the sizes apart.
func inUse(old token, others [][]byte) (references []uint16) {
	if old.total > 1 {
		references = append(references, old.reference)
	}
	for _, b := range others {
		if t, ok := parseToken(b); ok && t.total > 1 { // a single segment goes without
			references = append(references, t.reference)
		}
	}
	return references
}

// fits says whether the token is about a message of these octets, cut the same way.
func (t token) fits(wide bool, total int, sum uint32) bool {
	return t.wide == wide && int(t.total) == total && t.sum == sum
}

// throughAt is the segments that need not be sent again.
func (t token) throughAt(now time.Time) smstx.Set {
	if now.Sub(time.Unix(t.at, 0)) > keepsPartial {
		return smstx.Set{}
	}
	return t.through
}

// store makes it the token of a push that the SMSC stores, with what is known of its segments.
func (t *token) store() {
	if t.stored != nil {
		return
	}
	t.stored = &stored{segments: make([]storedSegment, t.total)}
	for i := range t.stored.segments {
		if t.through.Has(i) {
			t.stored.segments[i].state = smpp.StateDelivered
		}
	}
}

// stale forgets what the SMSC can not deliver any more and, if something is to be sent then, what the terminal may have dropped.
func (t *token) stale(now time.Time) {
	missing := false
	for i := range t.stored.segments {
		s := &t.stored.segments[i]
		if s.state != smpp.StateDelivered && (s.state != smpp.StateEnroute || now.Unix() >= t.stored.until) {
			*s = storedSegment{}
			missing = true
		}
	}
	if !missing {
		return
	}
	if t.through = t.throughAt(now); t.through == (smstx.Set{}) {
		for i := range t.stored.segments {
			if t.stored.segments[i].state == smpp.StateDelivered {
				t.stored.segments[i] = storedSegment{}
			}
		}
	}
}

// taken is the segments that need not be given to the SMSC.
func (t *token) taken() (s smstx.Set) {
	for i, p := range t.stored.segments {
		if p.state != 0 {
			s.Add(i)
		}
	}
	return s
}
