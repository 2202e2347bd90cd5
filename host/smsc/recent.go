package smsc

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// reassemblyTime is how long a terminal is taken to keep the segments of an incomplete message. Within it a push that comes again
// goes on with the segments that are missing.
const reassemblyTime = 5 * time.Minute

// maxRecent is how many ended pushes an account remembers.
const maxRecent = 100_000

// A sum tells the octets of a push, and where they go, from others.
type sum [16]byte

func sumOf(s *submission) sum {
	b := make([]byte, 0, 64+len(s.userData))
	field := func(v []byte) {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	field([]byte(s.source.Addr))
	field([]byte(s.number()))
	if s.hasPorts {
		b = binary.BigEndian.AppendUint16(b, s.ports.Destination)
		b = binary.BigEndian.AppendUint16(b, s.ports.Source)
	}
	b = append(b, byte(s.dataCoding))
	field(s.payload)
	full := sha256.Sum256(b)
	return sum(full[:len(sum{})])
}

// recent remembers the pushes that ended, by their identity.
type recent struct {
	by    map[string]*kept
	order []*kept // by time; some may be of an identity that has another one by now
}

// kept is how a push ended.
type kept struct {
	identity  string
	sum       sum
	at        time.Time
	complete  bool
	messageID string
	total     int
	through   smstx.Set
	reference uint16
}

func newRecent() recent { return recent{by: make(map[string]*kept)} }

// keep remembers the end of a push.
func (c *recent) keep(t *transaction, r smstx.Result, now time.Time) {
	c.remember(&kept{
		identity: t.identity, sum: t.sum, at: now, complete: r.End == smstx.Complete, messageID: t.smsc.messageID(t.id),
		total: t.message.Segments.Len(), through: r.Through, reference: t.reference,
	})
}

// remember keeps what a push ended as, and forgets what is too old or too much.
func (c *recent) remember(k *kept) {
	for len(c.order) > 0 && (len(c.order) >= maxRecent || k.at.Sub(c.order[0].at) > reassemblyTime) {
		old := c.order[0]
		c.order[0] = nil
		c.order = c.order[1:]
		if c.by[old.identity] == old {
			delete(c.by, old.identity)
		}
	}
	c.by[k.identity] = k
	c.order = append(c.order, k)
}

// find is the end of a push, nil if none of this identity and these octets is remembered.
func (c *recent) find(identity string, s sum, now time.Time) *kept {
	k := c.by[identity]
	if k == nil || k.sum != s || now.Sub(k.at) > reassemblyTime {
		return nil
	}
	return k
}
