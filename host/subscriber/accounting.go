package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// longestName is how many octets a GGSN, an APN or an accounting identifier has at most.
const longestName = 255

// normalKey returns a key with the APN in lower case and the address unmapped.
func normalKey(k store.SessionKey) (store.SessionKey, error) {
	k.APN, k.Address = strings.ToLower(k.APN), k.Address.Unmap()
	switch {
	case !k.Address.IsValid() || k.Address.Zone() != "":
		return k, fmt.Errorf("session at address %q, which is none in a network", k.Address)
	case len(k.GGSN) > longestName || len(k.APN) > longestName:
		return k, fmt.Errorf("session at a GGSN or APN with a name of more than %d octets", longestName)
	}
	return k, nil
}

// A telling is what RADIUS accounting says of a session.
type telling struct {
	session      store.Session
	msisdn, imsi number
	at           int64
	begun        bool // it is another session than what was there
}

func (d *Directory) telling(s store.Session, at time.Time) (t telling, err error) {
	if t.session.SessionKey, err = normalKey(s.SessionKey); err != nil {
		return t, err
	}
	if t.msisdn, err = packMSISDN(s.MSISDN); err != nil {
		return t, err
	}
	if t.imsi, err = packIMSI(s.IMSI); err != nil {
		return t, err
	}
	if s.Accounting == "" || len(s.Accounting) > longestName {
		return t, errors.New("accounting of a session without an identifier, or with one that is too long")
	}
	t.session.Accounting = s.Accounting
	t.at = d.happened(at)
	return t, nil
}

// happened is when something happened that was told of now: not later than now, whatever a GGSN's clock says.
func (d *Directory) happened(at time.Time) int64 {
	now := d.o.Clock.Wall()
	if at.IsZero() || at.After(now) || at.Unix() <= 0 {
		at = now
	}
	return at.UnixNano()
}

// expiry is when a session counts as gone that was last told of at a time.
func (d *Directory) expiry(told int64) int64 {
	if d.o.SessionExpiry <= 0 {
		return 0
	}
	return told + int64(d.o.SessionExpiry)
}

// extended is the expiry of a session that was told of once more: never earlier than before. That of a registration, which was told of
// first, or of another configuration counts no more where sessions do not expire.
func (d *Directory) extended(before, told int64) int64 {
	e := d.expiry(told)
	if e == 0 {
		return 0
	}
	return max(before, e)
}

// SessionStart says that a session began, or still is (Start and Interim-Update): its key, the numbers that are known, and the
// accounting identifier. at is when that happened. done is called once, when it is on disk, or with the error; it must not
// block, and it may be called before SessionStart returns. Where nothing needs to be written, as for most refreshments, it is called
// at once.
//
// The same key and identifier is the same session; what was not known of it is added. Another identifier, or another number, is
// another session: what was there is over. But what happened before the last that was told of the session that is there comes
// too late and is ignored, and so is what is told of a session that was stopped, or that began before its GGSN did.
// A session that is known by registration alone becomes known by accounting too if it is told that it began before it registered, or
// if a number of both agrees. But if what is told makes it that of a terminal that another subscriber than the registered one is bound
// to, the address has a new owner: the registration ends.
func (d *Directory) SessionStart(s store.Session, at time.Time, done func(error)) {
	t, err := d.telling(s, at)
	if err != nil {
		done(err)
		return
	}
	d.order.Lock()
	w, err := d.start(&t)
	if len(w.events) == 0 {
		d.order.Unlock()
		done(err)
		return
	}
	d.write(&w, done)
	d.order.Unlock()
	if t.begun && d.o.Up != nil {
		d.o.Up(push.Subscriber{MSISDN: s.MSISDN, IMSI: s.IMSI})
	}
}

// What a telling means.
type meaning int

const (
	tooLate   meaning = iota
	refreshed         // the session that is there
	attached          // accounting for one that is known by registration
	begun             // another session
)

// start applies a telling. The caller holds order, so that what is read here stays until it is changed.
func (d *Directory) start(t *telling) (w writing, err error) {
	now := d.now()
	d.mu.RLock()
	i, what := d.meaning(t, now)
	ends := (what == refreshed || what == attached) && d.usurped(d.sessions.all.at(i), t.msisdn, t.imsi, now)
	full := i == 0 && d.o.Sessions > 0 && len(d.sessions.byPlace) >= d.o.Sessions
	d.mu.RUnlock()
	switch {
	case what == tooLate:
		return w, nil
	case what == begun && full:
		return w, fmt.Errorf("%d sessions: %w", d.o.Sessions, ErrFull)
	case what == begun || ends:
		t.session.Generation = uint64(d.o.Store.NextIDs(1))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.begun = what == begun; t.begun {
		if i != 0 {
			d.replace(t.session.SessionKey, i, t.session.Accounting)
		}
		s := &t.session
		s.Started, s.Told, s.Expires = moment(now), moment(t.at), moment(d.expiry(t.at))
		d.put(&w, d.sessions.insert(s, t.msisdn, t.imsi))
		return w, nil
	}
	x := d.sessions.all.at(i)
	changed := what == attached || x.unwritten || t.msisdn != 0 && x.msisdn == 0 || t.imsi != 0 && x.imsi == 0
	if what == attached {
		d.sessions.account(i, t.session.Accounting)
		before := x.told
		x.told = t.at // by the GGSN's clock
		if d.sessions.names.list[x.place.ggsn].end.covers(x) {
			x.told = before // it began within the second of the Accounting-On, and after it
		}
	}
	d.sessions.number(i, t.msisdn, t.imsi)
	if ends {
		d.sessions.register(i, 0, nil)
		d.sessions.regenerate(i, t.session.Generation)
		x.started, changed = now, true
	}
	x.told = max(x.told, t.at)
	x.expires = d.extended(x.expires, t.at)
	if changed || x.expires-x.stored > int64(d.o.SessionExpiry)/10 || x.expires == 0 && x.stored != 0 {
		d.put(&w, i)
	}
	return w, nil
}

// replace takes a session out whose place another has.
func (d *Directory) replace(k store.SessionKey, i uint32, by string) {
	if old := d.texts.text(d.sessions.all.at(i).accounting); old != by {
		d.stopped.add(k, old)
	}
	d.sessions.remove(i)
}

// meaning tells what to do, and with which session; 0 if there is none at that place.
func (d *Directory) meaning(t *telling, now int64) (i uint32, what meaning) {
	k := t.session.SessionKey
	e := d.sessions.names.list[d.sessions.names.find(k.GGSN)].end
	if e.generation != 0 && later(e.at, t.at) || d.stopped.has(k, t.session.Accounting, e.stops) {
		return 0, tooLate
	}
	i = d.sessions.find(k)
	if i == 0 {
		return 0, begun
	}
	x := d.sessions.all.at(i)
	if !d.live(x, now) {
		return i, begun
	}
	same := !contradicts(x.msisdn, t.msisdn) && !contradicts(x.imsi, t.imsi)
	known := x.msisdn != 0 && x.msisdn == t.msisdn || x.imsi != 0 && x.imsi == t.imsi
	switch {
	case same && d.texts.is(x.accounting, t.session.Accounting):
		return i, refreshed
	case same && x.accounting == 0 && (known || !later(t.at, x.told)):
		return i, attached
	case later(x.told, t.at):
		return i, tooLate
	}
	return i, begun
}

// SessionStop says that an accounting session is over. Only the session that has that key and that identifier is; for what is told of
// it later see SessionStart. done is as there.
func (d *Directory) SessionStop(k store.SessionKey, accounting string, _ time.Time, done func(error)) {
	k, err := normalKey(k)
	if err == nil && accounting == "" {
		err = errors.New("the end of a session without an accounting identifier")
	}
	if err != nil {
		done(err)
		return
	}
	d.order.Lock()
	w := d.stop(k, accounting)
	if len(w.events) == 0 {
		d.order.Unlock()
		done(nil)
		return
	}
	d.write(&w, done)
	d.order.Unlock()
}

func (d *Directory) stop(k store.SessionKey, accounting string) (w writing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped.add(k, accounting)
	i := d.sessions.find(k)
	switch {
	case i == 0: // a repetition, perhaps of one that did not come to the disk
		w.vacate(k)
	case d.texts.is(d.sessions.all.at(i).accounting, accounting):
		d.remove(&w, i)
	case d.sessions.all.at(i).unwritten: // the row may be that of the session that is over
		d.put(&w, i)
	}
	return w
}
