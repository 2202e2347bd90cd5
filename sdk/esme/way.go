package esme

import (
	"math/bits"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A Way is the links that take a number. Numbers of the same way wait for the same places. 0 is no link at all.
type Way uint64 // a bit for each link, hence MaxLinks

// Way is the links that take a number, given in international form without "+".
func (ls *Links) Way(number string) Way {
	var w Way
	for i, l := range ls.all {
		if l.config.takes(number) {
			w |= 1 << i
		}
	}
	return w
}

// Submit sends the request that pdu makes for the link that takes it, and returns that link; nil if none of the way has a free
// place, Options.Ready then tells when there may be one. A link that was picked may turn out to be lost, so pdu may be called
// more than once. The link of last is preferred, since the network may hold the terminal there. timeout is for the answer, 0 for
// the link's own. done is called exactly once if a link is returned, from any goroutine, also from within Submit, and must not
// block. A request that can not be encoded is NeverSent with an *smpp.EncodeError.
func (ls *Links) Submit(w Way, last *Link, timeout time.Duration, pdu func(*Link) smpp.PDU, done func(smpp.Result)) *Link {
	if only := ls.only(w); only != nil { // it need not be asked before it is given the request
		if only.submit(pdu, timeout, done) {
			return only
		}
		return nil
	}
	for range ls.all { // one that is lost just now is not picked again
		l := ls.pick(w, last)
		if l == nil {
			return nil
		}
		if l.submit(pdu, timeout, done) {
			return l
		}
	}
	return nil
}

// only is the link of a way that has no other, nil if there are more or none.
func (ls *Links) only(w Way) *Link {
	if w == 0 || w&(w-1) != 0 {
		return nil
	}
	return ls.all[bits.TrailingZeros64(uint64(w))]
}

// pick is the link for a request, nil if there is no place. The last one stands before all of its priority.
func (ls *Links) pick(w Way, last *Link) (best *Link) {
	most := 0
	for i, l := range ls.all {
		if w&(1<<i) == 0 || best != nil && (l.config.priority < best.config.priority || best == last && l.config.priority == best.config.priority) {
			continue
		}
		free := l.free()
		if free <= 0 {
			continue
		}
		if best == nil || l == last || free > most || l.config.priority > best.config.priority {
			best, most = l, free
		}
	}
	return best
}
