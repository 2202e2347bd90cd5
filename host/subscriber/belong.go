package subscriber

import (
	"cmp"
	"errors"
)

// ErrBound: the network says that the address is held by a terminal that is bound to another subscriber.
var ErrBound = errors.New("the address belongs to another subscriber's terminal")

// holder returns the subscriber whose bound terminal has these numbers, 0 if nobody has entered one.
func (d *Directory) holder(msisdn, imsi number) uint32 {
	return d.owner(d.terminalWith(msisdn, imsi))
}

// usurped tells that a session has a registration that counts, of another subscriber than the one whose terminal it would be with these
// numbers, as far as they are known. No session that is told of stays so: who registers behind a phone that shares its connection does
// not get what is pushed to that phone, nor the other way round.
func (d *Directory) usurped(x *session, msisdn, imsi number, now int64) bool {
	if !registered(x, now) {
		return false
	}
	of := d.holder(cmp.Or(msisdn, x.msisdn), cmp.Or(imsi, x.imsi))
	return of != 0 && of != x.subscriber
}

// yield ends the registrations at the sessions of a terminal's numbers that are another subscriber's, after somebody was given that
// terminal, or had it.
func (d *Directory) yield(w *writing, t terminal, generation *uint64, now int64) {
	end := func(kind int, i uint32) {
		for i != 0 {
			x := d.sessions.all.at(i)
			next := x.links[kind].next
			if d.live(x, now) && d.usurped(x, 0, 0, now) {
				d.unregister(w, i, d.another(generation))
			}
			i = next
		}
	}
	if t.imsi != 0 {
		end(listIMSI, d.sessions.byIMSI.heads[t.imsi])
	}
	if t.msisdn != 0 {
		end(listMSISDN, d.sessions.byMSISDN.heads[t.msisdn])
	}
}
