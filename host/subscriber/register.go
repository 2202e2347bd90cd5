package subscriber

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// mostDevices is how many terminals of one user may be registered at a time.
const mostDevices = 32

// Registering is a push client's registration.
type Registering struct {
	User   string // a static identifier, authenticated
	Device string // the name of the terminal among the user's, "" for the only one
	Key    store.SessionKey
	IMSI   push.IMSI   // "" if not known
	MSISDN push.MSISDN // "" if not known
}

// Register stores a registration and returns it with the dynamic identifier, which is another for each user and device, and stays
// while they register in time. What the user had registered for that device elsewhere ends.
//
// At a session that is there it becomes part of it. But if that is registered for another user or device, or has another number,
// the address has a new owner and the session a new generation.
//
// Errors: ErrUnknown if nobody has the user identifier, ErrForeign, ErrFull, ErrBound if the session there, or the IMSI or number that
// comes with the registration, is that of a terminal that another subscriber is bound to; then nothing has changed. And those of the
// store: then it counts until the gateway is started again, or is written later, and should be repeated.
func (d *Directory) Register(ctx context.Context, r Registering) (store.Registration, error) {
	n, err := d.newcomer(r)
	if err != nil {
		return store.Registration{}, err
	}
	d.order.Lock()
	w, made, err := d.register(n)
	if err != nil {
		d.order.Unlock()
		return store.Registration{}, err
	}
	err = d.wait(ctx, &w, d.order.Unlock)
	d.announce(n)
	return made, err
}

// announce tells of a terminal that has registered, by each name that pushes to it may wait under.
func (d *Directory) announce(n newcomer) {
	if d.o.Up == nil {
		return
	}
	var t push.Subscriber
	d.mu.RLock()
	if who := d.people.find(n.User); who != 0 {
		t.Address = push.Address{Type: push.USER, Value: d.people.first(who)}
	}
	if i := d.sessions.find(n.Key); i != 0 {
		x := d.sessions.all.at(i)
		t.MSISDN, t.IMSI = push.MSISDN(x.msisdn.String()), push.IMSI(x.imsi.String())
	}
	d.mu.RUnlock()
	d.o.Up(t)
	if n.Device != "" {
		d.o.Up(push.Subscriber{Address: push.Address{Type: push.USER, Value: t.Address.Value + "/" + n.Device}})
	}
}

// A newcomer is who registers, checked.
type newcomer struct {
	Registering
	msisdn, imsi number
}

func (d *Directory) newcomer(r Registering) (n newcomer, err error) {
	n.Registering = r
	if n.User, err = Normal(r.User); err != nil {
		return n, err
	}
	if d.foreign(n.User[strings.LastIndexByte(n.User, '@')+1:]) {
		return n, fmt.Errorf("register %s: %w", n.User, d.foreignError)
	}
	if n.Key, err = normalKey(r.Key); err != nil {
		return n, err
	}
	if n.msisdn, err = packMSISDN(r.MSISDN); err != nil {
		return n, err
	}
	if n.imsi, err = packIMSI(r.IMSI); err != nil {
		return n, err
	}
	return n, checkDevice(r.Device)
}

// register applies a registration. The caller holds order.
func (d *Directory) register(n newcomer) (w writing, made store.Registration, err error) {
	generation := uint64(d.o.Store.NextIDs(1))
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	who := d.people.find(n.User)
	if who == 0 {
		return w, made, fmt.Errorf("register %s: %w", n.User, ErrUnknown)
	}
	i := d.sessions.find(n.Key)
	if i == 0 && d.o.Sessions > 0 && len(d.sessions.byPlace) >= d.o.Sessions {
		return w, made, fmt.Errorf("register %s: %d sessions: %w", n.User, d.o.Sessions, ErrFull)
	}
	what := d.seating(i, who, n, now)
	msisdn, imsi := n.msisdn, n.imsi
	if what != anew {
		x := d.sessions.all.at(i)
		msisdn, imsi = cmp.Or(msisdn, x.msisdn), cmp.Or(imsi, x.imsi)
	}
	if of := d.holder(msisdn, imsi); of != 0 && of != who {
		return w, made, fmt.Errorf("register %s: %w", n.User, ErrBound)
	}
	made = store.Registration{User: n.User, Device: n.Device}
	if made.Dynamic, err = d.elsewhere(&w, who, i, n, now); err != nil {
		return writing{}, made, err
	}
	if d.o.DynamicValidity > 0 {
		made.Expires = moment(now + int64(d.o.DynamicValidity))
	}
	i = d.seat(i, what, n.Key, generation, now)
	x := d.sessions.all.at(i)
	d.sessions.number(i, n.msisdn, n.imsi)
	d.sessions.register(i, who, &made)
	if x.accounting == 0 { // it is there as long as the registration
		x.told, x.expires = now, d.expiry(now)
		if until := nanos(made.Expires); x.expires == 0 || until != 0 && until < x.expires {
			x.expires = until
		}
	} else {
		x.expires = d.extended(x.expires, now)
	}
	d.put(&w, i)
	return w, made, nil
}

// A seating is what a registration makes of its place.
type seating int

const (
	anew      seating = iota // a session of its own: there is none, or it is over with its owner
	joined                   // it becomes part of the session that is there
	succeeded                // the same, under another generation: another user, or device, at the terminal that RADIUS tells of
)

// seating tells what a registration makes of session i, 0 for none.
func (d *Directory) seating(i, who uint32, n newcomer, now int64) seating {
	if i == 0 {
		return anew
	}
	x := d.sessions.all.at(i)
	if !d.live(x, now) || contradicts(x.msisdn, n.msisdn) || contradicts(x.imsi, n.imsi) {
		return anew
	}
	if !registered(x, now) {
		return joined
	}
	if _, device, _ := d.sessions.parts(x); x.subscriber == who && string(device) == n.Device {
		return joined
	}
	if x.accounting == 0 {
		return anew
	}
	return succeeded
}

// seat returns the session at a place after that, which was i.
func (d *Directory) seat(i uint32, what seating, k store.SessionKey, generation uint64, now int64) uint32 {
	switch what {
	case joined:
	case succeeded: // its accounting goes on
		d.sessions.regenerate(i, generation)
		d.sessions.all.at(i).started = now
	default:
		if i != 0 {
			d.sessions.remove(i)
		}
		return d.sessions.insert(&store.Session{SessionKey: k, Generation: generation, Started: moment(now), Told: moment(now)}, 0, 0)
	}
	return i
}

// elsewhere ends the registrations of a user's device at other places than session at, and returns the dynamic identifier that it
// had, or a new one.
func (d *Directory) elsewhere(w *writing, who, at uint32, n newcomer, now int64) (dynamic string, err error) {
	devices := 0
	for i := d.sessions.bySubscriber.heads[who]; i != 0; {
		x := d.sessions.all.at(i)
		_, device, old := d.sessions.parts(x)
		if string(device) != n.Device {
			devices++
		} else if registered(x, now) && d.live(x, now) {
			dynamic = string(old)
		}
		i = x.links[listSubscriber].next
	}
	if devices >= mostDevices {
		return "", fmt.Errorf("register %s: %d devices: %w", n.User, devices, ErrFull)
	}
	for i := d.sessions.bySubscriber.heads[who]; i != 0; {
		x := d.sessions.all.at(i)
		next := x.links[listSubscriber].next
		if _, device, _ := d.sessions.parts(x); i != at && string(device) == n.Device {
			d.unregister(w, i, 0)
		}
		i = next
	}
	if dynamic == "" {
		dynamic = d.newDynamic()
	}
	return dynamic, nil
}

// unregister ends a registration, and the session with it if nothing else tells of it. The generation of one that stays becomes
// another, unless that is 0.
func (d *Directory) unregister(w *writing, i uint32, generation uint64) {
	x := d.sessions.all.at(i)
	if x.accounting == 0 {
		d.remove(w, i)
		return
	}
	d.sessions.register(i, 0, nil)
	if generation != 0 {
		d.sessions.regenerate(i, generation)
	}
	d.put(w, i)
}

// newDynamic returns 128 random bits as a user identifier.
func (d *Directory) newDynamic() string {
	var bits [16]byte
	_, _ = rand.Read(bits[:]) // never fails (crypto/rand)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(bits[:])) + "@" + d.domains[0]
}

// Release ends the registration of a user's device at that place. A session that RADIUS told of stays, without registration and
// under a new generation; any other is over. The error is ErrUnknown if there is no such registration.
func (d *Directory) Release(ctx context.Context, k store.SessionKey, user, device string) error {
	k, err := normalKey(k)
	if err != nil {
		return err
	}
	if user, err = Normal(user); err != nil {
		return err
	}
	d.order.Lock()
	generation := uint64(d.o.Store.NextIDs(1))
	w, found := d.release(k, user, device, generation)
	if !found {
		d.order.Unlock()
		return fmt.Errorf("release %s: %w", user, ErrUnknown)
	}
	return d.wait(ctx, &w, d.order.Unlock)
}

func (d *Directory) release(k store.SessionKey, user, device string, generation uint64) (w writing, found bool) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := d.sessions.find(k); i != 0 {
		x := d.sessions.all.at(i)
		if registered(x, now) && d.live(x, now) && x.subscriber == d.people.find(user) {
			if _, has, _ := d.sessions.parts(x); string(has) == device {
				d.unregister(&w, i, generation)
				return w, true
			}
		}
	}
	d.settle(&w, &k) // a repetition of one that did not come to the disk
	return w, len(w.events) > 0
}

// Registered returns the registration at a place; false if there is none that counts.
func (d *Directory) Registered(k store.SessionKey) (store.Registration, bool) {
	k, err := normalKey(k)
	if err != nil {
		return store.Registration{}, false
	}
	now := d.now()
	d.mu.RLock()
	defer d.mu.RUnlock()
	i := d.sessions.find(k)
	if i == 0 {
		return store.Registration{}, false
	}
	x := d.sessions.all.at(i)
	if !registered(x, now) || !d.live(x, now) {
		return store.Registration{}, false
	}
	return *d.sessions.registration(x), true
}
