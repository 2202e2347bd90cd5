package subscriber

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Limits of one subscriber.
const (
	mostUsers     = 16
	mostTerminals = 32
)

// enterPortion is how many new subscribers are brought into memory under one lock.
const enterPortion = 100

// An entry is a subscriber as it is to be, and the number of the one that it replaces, 0 for none.
type entry struct {
	subscriber *store.Subscriber
	replaces   uint32
	changed    bool
}

// Put enters subscribers, all of them or none, and returns when they are on disk. One whose first user identifier is the first of an
// entered subscriber takes the place of that. IDs are given by the Directory.
//
// The error names what is wrong: an identifier, number or IMSI that is malformed, of a foreign domain, or somebody else's; ErrFull; or
// that of the store.
func (d *Directory) Put(ctx context.Context, list []store.Subscriber) error {
	d.entering.Lock()
	defer d.entering.Unlock()
	b := newBatch()
	for i := range list {
		s, err := d.normal(&list[i])
		if err != nil {
			return err
		}
		e := &entry{subscriber: s, changed: true}
		if _, twice := b.byFirst[s.Users[0]]; twice {
			return fmt.Errorf("user identifier %s is that of two subscribers", s.Users[0])
		}
		d.mu.RLock()
		e.replaces = d.withFirst(s.Users[0])
		d.mu.RUnlock()
		b.add(e)
	}
	if err := d.claimAll(b); err != nil {
		return err
	}
	return d.enter(ctx, b)
}

// withFirst returns the subscriber whose first identifier that is, 0 if there is none.
func (d *Directory) withFirst(user string) uint32 {
	if i := d.people.find(user); i != 0 && d.people.first(i) == user {
		return i
	}
	return 0
}

// normal returns a copy in normal form.
func (d *Directory) normal(s *store.Subscriber) (*store.Subscriber, error) {
	n := &store.Subscriber{Terminals: append([]store.Terminal(nil), s.Terminals...), Password: append([]byte(nil), s.Password...)}
	if len(s.Users) == 0 || len(s.Users) > mostUsers || len(s.Terminals) > mostTerminals {
		return nil, fmt.Errorf("a subscriber has 1 to %d user identifiers and at most %d terminals", mostUsers, mostTerminals)
	}
	for _, text := range s.Users {
		user, err := Normal(text)
		if err != nil {
			return nil, err
		}
		if d.foreign(user[strings.LastIndexByte(user, '@')+1:]) {
			return nil, fmt.Errorf("user identifier %s: %w", user, d.foreignError)
		}
		n.Users = append(n.Users, user)
	}
	for _, t := range n.Terminals {
		if err := checkEntered(t); err != nil {
			return nil, fmt.Errorf("terminal of %s: %w", n.Users[0], err)
		}
	}
	if len(n.Password) > 0 {
		if _, err := bcrypt.Cost(n.Password); err != nil {
			return nil, fmt.Errorf("password of %s: %w: %w", n.Users[0], errHash, err)
		}
	}
	return n, nil
}

var errHash = errors.New("it is to be a bcrypt hash")

func checkTerminal(t store.Terminal) error {
	if t.MSISDN == "" && t.IMSI == "" {
		return errors.New("neither a number nor an IMSI")
	}
	if _, err := packMSISDN(t.MSISDN); err != nil {
		return err
	}
	_, err := packIMSI(t.IMSI)
	return err
}

// A batch is what is entered at once.
type batch struct {
	entries  []*entry
	byFirst  map[string]*entry
	replaced map[uint32]*entry
	claims   map[any]*entry // of user identifiers, MSISDNs and IMSIs, by their types
}

func newBatch() *batch {
	return &batch{byFirst: map[string]*entry{}, replaced: map[uint32]*entry{}, claims: map[any]*entry{}}
}

func (b *batch) add(e *entry) {
	b.entries = append(b.entries, e)
	b.byFirst[e.subscriber.Users[0]] = e
	if e.replaces != 0 {
		b.replaced[e.replaces] = e
	}
}

// claimAll checks that nothing belongs to two.
func (d *Directory) claimAll(b *batch) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, e := range b.entries {
		if err := d.claim(b, e, e.subscriber.Users, e.subscriber.Terminals); err != nil {
			return err
		}
	}
	if limit := d.o.Subscribers; limit > 0 && d.people.count+len(b.entries)-len(b.replaced) > limit {
		return fmt.Errorf("%d subscribers: %w", limit, ErrFull)
	}
	return nil
}

// claim gives identifiers and numbers to an entry, all of them or none.
func (d *Directory) claim(b *batch, e *entry, users []string, terminals []store.Terminal) error {
	type claimed struct {
		what  any
		owner uint32
	}
	var list []claimed
	for _, u := range users {
		list = append(list, claimed{u, d.people.find(u)})
	}
	for _, t := range terminals {
		if m, _ := packMSISDN(t.MSISDN); m != 0 {
			list = append(list, claimed{t.MSISDN, d.owner(d.people.byMSISDN[m])})
		}
		if i, _ := packIMSI(t.IMSI); i != 0 {
			list = append(list, claimed{t.IMSI, d.owner(d.people.byIMSI[i])})
		}
	}
	for n, c := range list {
		for _, before := range list[:n] {
			if before.what == c.what {
				return fmt.Errorf("%s %v is there twice", describe(c.what), c.what)
			}
		}
		if other := b.claims[c.what]; other != nil && other != e {
			return fmt.Errorf("%s %v is that of %s", describe(c.what), c.what, other.subscriber.Users[0])
		}
		if c.owner != 0 && c.owner != e.replaces && b.replaced[c.owner] == nil {
			return fmt.Errorf("%s %v is that of %s", describe(c.what), c.what, d.people.first(c.owner))
		}
	}
	for _, c := range list {
		b.claims[c.what] = e
	}
	return nil
}

func (d *Directory) owner(terminal uint32) uint32 {
	if terminal == 0 {
		return 0
	}
	return d.people.terminals.at(terminal).subscriber
}

func describe(what any) string {
	switch what.(type) {
	case push.MSISDN:
		return "number"
	case push.IMSI:
		return "IMSI"
	}
	return "user identifier"
}

// enter writes a batch and then brings it into memory. The caller holds entering. It waits for the disk whatever becomes of ctx, as it
// has to know what is there.
func (d *Directory) enter(ctx context.Context, b *batch) error {
	if err := ctx.Err(); err != nil || len(b.entries) == 0 {
		return err
	}
	events := make([]store.Event, 0, len(b.entries))
	for _, e := range b.entries {
		if e.subscriber.ID == 0 {
			d.mu.RLock()
			if e.replaces != 0 {
				e.subscriber.ID = d.people.all.at(e.replaces).id
			}
			d.mu.RUnlock()
		}
		if e.subscriber.ID == 0 {
			e.subscriber.ID = d.o.Store.NextIDs(1)
		}
		events = append(events, store.SubscriberPut{Subscriber: e.subscriber})
	}
	answer := make(chan error, 1)
	d.o.Store.Commit(events, func(err error) { answer <- err })
	if err := <-answer; err != nil {
		return err
	}
	d.order.Lock()
	generation := uint64(d.o.Store.NextIDs(1))
	var w writing
	var moved []terminal
	now := d.now()
	yield := func() {
		for _, t := range moved {
			d.yield(&w, t, &generation, now)
		}
		moved = moved[:0]
	}
	d.mu.Lock()
	for _, e := range b.entries {
		if e.replaces != 0 {
			moved = d.people.appendTerminals(moved, e.replaces)
			d.people.unlink(e.replaces)
		}
	}
	for n, e := range b.entries {
		if n%enterPortion == 0 && len(b.replaced) == 0 { // look-ups go on meanwhile
			yield()
			d.mu.Unlock()
			d.mu.Lock()
		}
		i := e.replaces
		if i == 0 {
			i = d.people.all.take()
			d.people.count++
		}
		d.people.link(i, e.subscriber)
		moved = d.people.appendTerminals(moved, i)
		if e.replaces != 0 {
			d.disown(&w, i, &generation)
		}
	}
	yield()
	d.mu.Unlock()
	return d.wait(context.WithoutCancel(ctx), &w, d.order.Unlock)
}

// disown ends the registrations of a subscriber that were made with an identifier that is not the subscriber's any more.
func (d *Directory) disown(w *writing, i uint32, generation *uint64) {
	for s := d.sessions.bySubscriber.heads[i]; s != 0; {
		x := d.sessions.all.at(s)
		next := x.links[listSubscriber].next
		if user, _, _ := d.sessions.parts(x); !d.people.has(i, string(user)) {
			d.unregister(w, s, d.another(generation))
		}
		s = next
	}
}

// another returns a generation that was taken in advance, or a new one: there is seldom more than one to change.
func (d *Directory) another(generation *uint64) uint64 {
	g := *generation
	*generation = 0
	if g == 0 {
		g = uint64(d.o.Store.NextIDs(1))
	}
	return g
}

// Remove removes the subscriber with a static identifier, and the registrations, and returns when that is on disk. The error is
// ErrUnknown if there is none.
func (d *Directory) Remove(ctx context.Context, user string) error {
	normal, err := Normal(user)
	if err != nil {
		return err
	}
	d.entering.Lock()
	defer d.entering.Unlock()
	d.mu.RLock()
	i := d.people.find(normal)
	id := int64(0)
	if i != 0 {
		id = d.people.all.at(i).id
	}
	d.mu.RUnlock()
	if i == 0 {
		return fmt.Errorf("remove %s: %w", normal, ErrUnknown)
	}
	answer := make(chan error, 1)
	d.o.Store.Commit([]store.Event{store.SubscriberRemoved{ID: id}}, func(err error) { answer <- err })
	if err := <-answer; err != nil {
		return err
	}
	d.order.Lock()
	generation := uint64(d.o.Store.NextIDs(1))
	var w writing
	d.mu.Lock()
	d.people.unlink(i)
	d.disown(&w, i, &generation)
	d.people.all.give(i)
	d.people.count--
	d.mu.Unlock()
	return d.wait(ctx, &w, d.order.Unlock)
}
