package diameter

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// identifiers are what makes a request unlike every other of this node.
type identifiers struct {
	endToEnd atomic.Uint32
	session  atomic.Uint64
}

// newIdentifiers starts where a node that was restarted will not meet the identifiers of its earlier life: end-to-end identifiers
// with the low 12 bits of the time in front of a random number (RFC 6733 §3), sessions with the time in the upper half (§8.8).
func newIdentifiers(now time.Time) *identifiers {
	ids := &identifiers{}
	ids.endToEnd.Store(uint32(now.Unix())<<20 | rand.Uint32()&0xfffff)
	ids.session.Store(uint64(uint32(now.Unix())) << 32)
	return ids
}

func (i *identifiers) nextEndToEnd() uint32 { return i.endToEnd.Add(1) }

// nextSession returns a Session-Id, new for each request: Sh keeps no state (3GPP TS 29.329 §6.1.1, Auth-Session-State).
func (i *identifiers) nextSession(host string) string {
	n := i.session.Add(1)
	return fmt.Sprintf("%s;%d;%d", host, n>>32, uint32(n))
}
