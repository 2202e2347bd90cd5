package subscriber

import (
	"context"
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
)

// load brings everything into memory that is in the store. Nobody else uses the Directory yet.
func (d *Directory) load(ctx context.Context) error {
	bad := func(err error) { d.o.Log.Error("a row of the store is left out", "error", err) }
	b := newBatch()
	err := d.o.Store.LoadSubscribers(ctx, func(s *store.Subscriber) error {
		if err := d.loadSubscriber(b, s); err != nil {
			bad(fmt.Errorf("subscriber %d: %w", s.ID, err))
		}
		return nil
	}, bad)
	if err != nil {
		return err
	}
	now := d.now()
	return d.o.Store.LoadSessions(ctx, func(s *store.Session) error {
		if err := d.loadSession(s, now); err != nil {
			bad(fmt.Errorf("session at %s, GGSN %q, APN %q: %w", s.Address, s.GGSN, s.APN, err))
			d.owed[s.SessionKey] = false
		}
		return nil
	}, bad)
}

func (d *Directory) loadSubscriber(b *batch, s *store.Subscriber) error {
	if len(s.Users) == 0 || len(s.Password) > arenaMost {
		return errors.New("no user identifier, or a password that is none")
	}
	for _, u := range s.Users {
		if normal, err := Normal(u); err != nil || normal != u {
			return fmt.Errorf("user identifier %q is not in normal form: %w", u, err)
		}
	}
	for _, t := range s.Terminals {
		if err := checkTerminal(t); err != nil {
			return err
		}
	}
	clear(b.claims) // of others, which are in memory now
	e := &entry{subscriber: s}
	if err := d.claim(b, e, s.Users, s.Terminals); err != nil {
		return err
	}
	i := d.people.all.take()
	d.people.link(i, s)
	d.people.count++
	return nil
}

func (d *Directory) loadSession(s *store.Session, now int64) error {
	k, err := normalKey(s.SessionKey)
	if err != nil || k != s.SessionKey {
		return errors.Join(errors.New("the key is not in normal form"), err)
	}
	msisdn, err := packMSISDN(s.MSISDN)
	if err != nil {
		return err
	}
	imsi, err := packIMSI(s.IMSI)
	if err != nil {
		return err
	}
	if len(s.Accounting) > longestName || d.sessions.byGeneration[s.Generation] != 0 {
		return errors.New("the accounting identifier is too long, or another has the generation")
	}
	r, who := s.Registration, uint32(0)
	if r != nil {
		if who = d.people.find(r.User); who == 0 || len(r.Device) > longestDevice || len(r.Dynamic) > longestUser {
			r = nil // nobody is there whose it would be
		}
	}
	if r == nil && s.Accounting == "" || !s.Expires.IsZero() && nanos(s.Expires) <= now {
		d.owed[s.SessionKey] = false // its row goes
		return nil
	}
	i := d.sessions.insert(s, msisdn, imsi)
	d.sessions.all.at(i).stored = nanos(s.Expires)
	d.sessions.register(i, who, r)
	if d.usurped(d.sessions.all.at(i), 0, 0, now) { // somebody was given the terminal, and a crash came before this row
		d.unregister(&writing{}, i, 0)
		d.owed[s.SessionKey] = false
	}
	return nil
}
