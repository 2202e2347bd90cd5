package sms

import (
	"encoding/binary"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A token says how far a message of several segments is. With it the message is taken up under the same reference.
//
//	octet  0      version, 1
//	octet  1      flags: 1 the reference has 16 bits
//	octets 2–3    reference
//	octet  4      number of segments
//	octet  5      WSP transaction id, part of the first segment
//	octets 6–9    CRC-32 of what the segments say and of who sends it
//	octets 10–17  when the last segment went through, in seconds since 1970; 0 if none did
//	octets 18–    a bit for each segment that is through, the first in bit 0
type token struct {
	wide      bool
	reference uint16
	total     int
	tid       byte
	sum       uint32
	at        int64
	through   smstx.Set
}

const (
	tokenVersion = 1
	tokenHeader  = 18
	flagWide     = 1
)

// keepsPartial is how long a terminal is trusted to keep the segments of a message that is not whole. After it all of them are
// sent again, under the same reference, so that a terminal that kept them after all ignores the second ones.
const keepsPartial = 5 * time.Minute

func (t token) octets() []byte {
	b := make([]byte, 0, tokenHeader+(t.total+7)/8)
	flags := byte(0)
	if t.wide {
		flags = flagWide
	}
	b = append(b, tokenVersion, flags)
	b = binary.BigEndian.AppendUint16(b, t.reference)
	b = append(b, byte(t.total), t.tid)
	b = binary.BigEndian.AppendUint32(b, t.sum)
	b = binary.BigEndian.AppendUint64(b, uint64(t.at))
	return append(b, t.through.Octets((t.total+7)/8)...)
}

// parseToken reads a token; false if it is none of this version.
func parseToken(b []byte) (token, bool) {
	if len(b) < tokenHeader || b[0] != tokenVersion || b[1]&^flagWide != 0 {
		return token{}, false
	}
	t := token{
		wide: b[1] == flagWide, reference: binary.BigEndian.Uint16(b[2:]), total: int(b[4]), tid: b[5],
		sum: binary.BigEndian.Uint32(b[6:]), at: int64(binary.BigEndian.Uint64(b[10:])),
	}
	bitmap := b[tokenHeader:]
	if t.total < 2 || len(bitmap) != (t.total+7)/8 || !t.wide && t.reference > 0xFF {
		return token{}, false
	}
	t.through = smstx.SetOf(bitmap)
	for i := t.total; i < len(bitmap)*8; i++ {
		if t.through.Has(i) {
			return token{}, false
		}
	}
	return t, true
}

// fits says whether the token is about a message of these octets, cut the same way.
func (t token) fits(wide bool, total int, sum uint32) bool {
	return t.wide == wide && t.total == total && t.sum == sum
}

// throughAt is the segments that need not be sent again.
func (t token) throughAt(now time.Time) smstx.Set {
	if now.Sub(time.Unix(t.at, 0)) > keepsPartial {
		return smstx.Set{}
	}
	return t.through
}
