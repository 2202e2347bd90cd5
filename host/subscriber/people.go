package subscriber

import (
	"hash/maphash"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// people are the subscribers, without a pointer in what there is a million of.
type people struct {
	all       slab[person]
	users     slab[userID]
	terminals slab[terminal]
	texts     *arena
	seed      maphash.Seed
	count     int
	byUser    map[uint64]uint32 // by hash, to the first userID of it
	byMSISDN  map[number]uint32
	byIMSI    map[number]uint32
}

type person struct {
	id               int64
	users, terminals uint32 // the first
	password         ref
}

type userID struct {
	text       ref
	subscriber uint32
	next       uint32 // of the subscriber
	alike      uint32 // the next one with the same hash
}

type terminal struct {
	msisdn, imsi number
	subscriber   uint32
	next         uint32 // of the subscriber
}

func newPeople(texts *arena) people {
	return people{
		texts: texts, seed: maphash.MakeSeed(), byUser: map[uint64]uint32{}, byMSISDN: map[number]uint32{}, byIMSI: map[number]uint32{},
	}
}

// find returns the subscriber with a static identifier, 0 if there is none.
func (p *people) find(user string) uint32 {
	for i := p.byUser[maphash.String(p.seed, user)]; i != 0; i = p.users.at(i).alike {
		if u := p.users.at(i); p.texts.is(u.text, user) {
			return u.subscriber
		}
	}
	return 0
}

// link makes a subscriber of number i, who has nothing, out of one whose texts and numbers are right and nobody else's.
func (p *people) link(i uint32, s *store.Subscriber) {
	x := p.all.at(i)
	x.id, x.password = s.ID, p.texts.put(string(s.Password))
	for n := len(s.Users) - 1; n >= 0; n-- {
		u := p.users.take()
		h := maphash.String(p.seed, s.Users[n])
		*p.users.at(u) = userID{text: p.texts.put(s.Users[n]), subscriber: i, next: x.users, alike: p.byUser[h]}
		p.byUser[h], x.users = u, u
	}
	for n := len(s.Terminals) - 1; n >= 0; n-- {
		t := p.terminals.take()
		y := terminal{subscriber: i, next: x.terminals}
		y.msisdn, _ = packMSISDN(s.Terminals[n].MSISDN)
		y.imsi, _ = packIMSI(s.Terminals[n].IMSI)
		*p.terminals.at(t) = y
		if y.msisdn != 0 {
			p.byMSISDN[y.msisdn] = t
		}
		if y.imsi != 0 {
			p.byIMSI[y.imsi] = t
		}
		x.terminals = t
	}
}

// appendTerminals adds the terminals of a subscriber to a list.
func (p *people) appendTerminals(list []terminal, i uint32) []terminal {
	for t := p.all.at(i).terminals; t != 0; t = p.terminals.at(t).next {
		list = append(list, *p.terminals.at(t))
	}
	return list
}

// unlink takes everything from a subscriber but the number.
func (p *people) unlink(i uint32) {
	x := p.all.at(i)
	for u := x.users; u != 0; {
		y := *p.users.at(u)
		p.forget(u, maphash.Bytes(p.seed, p.texts.octets(y.text)))
		p.texts.give(y.text)
		p.users.give(u)
		u = y.next
	}
	for t := x.terminals; t != 0; {
		y := *p.terminals.at(t)
		if y.msisdn != 0 {
			delete(p.byMSISDN, y.msisdn)
		}
		if y.imsi != 0 {
			delete(p.byIMSI, y.imsi)
		}
		p.terminals.give(t)
		t = y.next
	}
	p.texts.give(x.password)
	*x = person{}
}

// forget takes an identifier out of the list of those with its hash.
func (p *people) forget(u uint32, h uint64) {
	after := p.users.at(u).alike
	first := p.byUser[h]
	if first == u {
		if after == 0 {
			delete(p.byUser, h)
		} else {
			p.byUser[h] = after
		}
		return
	}
	for i := first; i != 0; i = p.users.at(i).alike {
		if p.users.at(i).alike == u {
			p.users.at(i).alike = after
			return
		}
	}
}

// first is the identifier that a subscriber is known by.
func (p *people) first(i uint32) string { return p.texts.text(p.users.at(p.all.at(i).users).text) }

// has tells whether an identifier is that subscriber's.
func (p *people) has(i uint32, user string) bool { return p.find(user) == i }

// record is a subscriber as it is stored.
func (p *people) record(i uint32) *store.Subscriber {
	x := p.all.at(i)
	s := &store.Subscriber{ID: x.id}
	if x.password != 0 {
		s.Password = []byte(p.texts.text(x.password))
	}
	for u := x.users; u != 0; u = p.users.at(u).next {
		s.Users = append(s.Users, p.texts.text(p.users.at(u).text))
	}
	for t := x.terminals; t != 0; t = p.terminals.at(t).next {
		y := p.terminals.at(t)
		s.Terminals = append(s.Terminals, store.Terminal{MSISDN: push.MSISDN(y.msisdn.String()), IMSI: push.IMSI(y.imsi.String())})
	}
	return s
}
