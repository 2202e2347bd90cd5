package subscriber

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// mostSessions is how many sessions a terminal is given at most.
const mostSessions = 64

// Resolve returns the terminals that an address stands for.
//
// A static user identifier stands for the terminals that the subscriber is bound to and those that have registered for it, those with
// live sessions first; if there is neither, for one of which nothing is known. A dynamic one stands for the terminal that has
// registered under it. A number stands for one terminal, known or not, and so does an IP address: its sessions are all that have that
// address now, and it is a terminal with a number or an IMSI only if they are just one.
//
// Errors: ErrForeign, ErrUnknown; for user identifiers only.
func (d *Directory) Resolve(a push.Address) ([]Terminal, error) {
	now := d.now()
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch a.Type {
	case push.USER:
		return d.resolveUser(a, now)
	case push.PLMN:
		return []Terminal{d.resolveNumber(a, now)}, nil
	}
	return []Terminal{d.resolveIP(a, now)}, nil
}

func (d *Directory) resolveUser(a push.Address, now int64) ([]Terminal, error) {
	user := a.Value
	at := strings.LastIndexByte(user, '@')
	domain := user[at+1:]
	if lower := strings.ToLower(domain); lower != domain {
		user, domain = user[:at+1]+lower, lower
	}
	if at < 0 || d.foreign(domain) {
		return nil, ErrForeign
	}
	if i := d.people.find(user); i != 0 {
		return d.terminalsOf(i, a, now), nil
	}
	if x := d.dynamic(user, now); x != nil {
		return []Terminal{d.phone(x, a, now)}, nil
	}
	return nil, ErrUnknown
}

// dynamic returns the session that has registered under a dynamic identifier, nil if there is none.
func (d *Directory) dynamic(user string, now int64) *session {
	t := &d.sessions
	for i := t.byDynamic.heads[t.hash([]byte(user))]; i != 0; {
		x := t.all.at(i)
		if string(t.dynamic(x)) == user && registered(x, now) && d.live(x, now) {
			return x
		}
		i = x.links[listDynamic].next
	}
	return nil
}

func (d *Directory) terminalsOf(i uint32, a push.Address, now int64) []Terminal {
	list := make([]Terminal, 0, 1)
	for t := d.people.all.at(i).terminals; t != 0; t = d.people.terminals.at(t).next {
		list = append(list, d.bound(t, a, now))
	}
	for _, x := range d.registrations(i, now) {
		if t := d.terminalOf(x); t != 0 && d.people.terminals.at(t).subscriber == i {
			continue
		}
		t := d.phone(x, a, now)
		if !slices.ContainsFunc(list, func(other Terminal) bool { return other.Lane == t.Lane }) {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		list = append(list, Terminal{Lane: "USER:" + d.people.first(i), Subscriber: push.Subscriber{Address: a}})
	}
	if len(list) > 1 {
		slices.SortStableFunc(list, func(a, b Terminal) int { return online(b) - online(a) })
	}
	return list
}

// registrations returns the sessions that a subscriber has registered at, the newest first.
func (d *Directory) registrations(i uint32, now int64) []*session {
	list := d.gather(nil, listSubscriber, d.sessions.bySubscriber.heads[i], now, func(x *session) bool { return registered(x, now) })
	slices.SortFunc(list, newestFirst)
	return list
}

func newestFirst(a, b *session) int { return cmp.Compare(b.generation, a.generation) }

func online(t Terminal) int { return min(len(t.Subscriber.Sessions), 1) }

// terminalOf returns the bound terminal that a session is of, 0 if there is none: that with its IMSI, else that with its number.
func (d *Directory) terminalOf(x *session) uint32 { return d.terminalWith(x.msisdn, x.imsi) }

func (d *Directory) terminalWith(msisdn, imsi number) uint32 {
	if imsi != 0 {
		if t := d.people.byIMSI[imsi]; t != 0 {
			return t
		}
	}
	if msisdn != 0 {
		return d.people.byMSISDN[msisdn]
	}
	return 0
}

// bound returns what is known of a bound terminal.
func (d *Directory) bound(t uint32, a push.Address, now int64) Terminal {
	y := *d.people.terminals.at(t)
	var room [4]*session
	list := room[:0]
	if y.imsi != 0 {
		list = d.gather(list, listIMSI, d.sessions.byIMSI.heads[y.imsi], now, nil)
	}
	if y.msisdn != 0 {
		list = d.gather(list, listMSISDN, d.sessions.byMSISDN.heads[y.msisdn], now, func(x *session) bool {
			return (x.imsi == 0 || x.imsi != y.imsi) && d.terminalOf(x) == t
		})
	}
	return d.terminal(a, y.msisdn, y.imsi, list)
}

// phone returns what is known of the terminal that a session is of.
func (d *Directory) phone(x *session, a push.Address, now int64) Terminal {
	if t := d.terminalOf(x); t != 0 {
		return d.bound(t, a, now)
	}
	var room [4]*session
	list := room[:0]
	unbound := func(x *session) bool { return d.terminalOf(x) == 0 }
	switch {
	case x.msisdn != 0:
		return d.terminal(a, x.msisdn, 0, d.gather(list, listMSISDN, d.sessions.byMSISDN.heads[x.msisdn], now, unbound))
	case x.imsi != 0:
		return d.terminal(a, 0, x.imsi, d.gather(list, listIMSI, d.sessions.byIMSI.heads[x.imsi], now, func(other *session) bool {
			return other.msisdn == 0 // or it is of a terminal with a number
		}))
	}
	t := d.terminal(a, 0, 0, append(list, x))
	if x.registration != 0 {
		t.Lane = "USER:" + d.people.first(x.subscriber)
		if _, device, _ := d.sessions.parts(x); len(device) > 0 {
			t.Lane += "/" + string(device)
		}
	}
	return t
}

func (d *Directory) resolveNumber(a push.Address, now int64) Terminal {
	n, ok := pack(string(a.MSISDN()))
	if !ok || n == 0 {
		return Terminal{Lane: a.String(), Subscriber: push.Subscriber{Address: a, MSISDN: a.MSISDN()}}
	}
	var t Terminal
	if b := d.people.byMSISDN[n]; b != 0 {
		t = d.bound(b, a, now)
	} else {
		var room [4]*session
		t = d.terminal(a, n, 0, d.gather(room[:0], listMSISDN, d.sessions.byMSISDN.heads[n], now, nil))
	}
	t.Lane = a.String()
	return t
}

func (d *Directory) resolveIP(a push.Address, now int64) Terminal {
	none := Terminal{Lane: a.String(), Subscriber: push.Subscriber{Address: a}}
	address, err := netip.ParseAddr(a.Value)
	if err != nil {
		return none
	}
	var room [4]*session
	list := d.gather(room[:0], listAddress, d.sessions.byAddress.heads[address.As16()], now, nil)
	if len(list) != 1 || list[0].msisdn == 0 && list[0].imsi == 0 {
		t := d.terminal(a, 0, 0, list)
		if len(list) > 1 { // whose numbers there are can not be told
			t.Subscriber.MSISDN, t.Subscriber.IMSI = "", ""
		}
		t.Lane = none.Lane
		return t
	}
	x := list[0]
	msisdn, imsi := x.msisdn, x.imsi
	if b := d.terminalOf(x); b != 0 {
		msisdn, imsi = d.people.terminals.at(b).msisdn, d.people.terminals.at(b).imsi
	} else if msisdn != 0 {
		imsi = 0 // comes from the session
	}
	return d.terminal(a, msisdn, imsi, list)
}

// gather appends the live sessions of a list that belong, as many as a terminal may have.
func (d *Directory) gather(to []*session, kind int, i uint32, now int64, belongs func(*session) bool) []*session {
	for i != 0 && len(to) < mostSessions {
		x := d.sessions.all.at(i)
		if d.live(x, now) && (belongs == nil || belongs(x)) {
			to = append(to, x)
		}
		i = x.links[kind].next
	}
	return to
}

// terminal makes one of its numbers, the first of which names its lane, and its sessions. A number that is not known is taken from the
// newest session that tells it.
func (d *Directory) terminal(a push.Address, msisdn, imsi number, list []*session) Terminal {
	t := Terminal{Lane: a.String(), Subscriber: push.Subscriber{Address: a}}
	switch {
	case msisdn != 0:
		b := append(make([]byte, 0, len("PLMN:+")+mostDigits), "PLMN:+"...)
		t.Lane = string(msisdn.append(b))
	case imsi != 0:
		t.Lane = "IMSI:" + imsi.String()
	}
	if len(list) > 0 {
		slices.SortFunc(list, newestFirst)
		t.Subscriber.Sessions = make([]push.Session, len(list))
	}
	for i, x := range list {
		s := &t.Subscriber.Sessions[i]
		s.GGSN, s.APN = d.sessions.names.text(x.place.ggsn), d.sessions.names.text(x.place.apn)
		s.Address, s.Generation, s.Expires = addressOf(x.place.address), x.generation, moment(x.expires)
		if x.imsi != 0 {
			s.IMSI = push.IMSI(x.imsi.String())
		}
		if msisdn == 0 {
			msisdn = x.msisdn
		}
		if imsi == 0 {
			imsi = x.imsi
		}
	}
	t.Subscriber.MSISDN, t.Subscriber.IMSI = push.MSISDN(msisdn.String()), push.IMSI(imsi.String())
	return t
}

// Since returns when the gateway was told of the newest owner of an address; zero if no live session has it.
func (d *Directory) Since(address netip.Addr) time.Time {
	if !address.IsValid() {
		return time.Time{}
	}
	now, since := d.now(), int64(0)
	d.mu.RLock()
	defer d.mu.RUnlock()
	for i := d.sessions.byAddress.heads[address.As16()]; i != 0; {
		x := d.sessions.all.at(i)
		if d.live(x, now) {
			since = max(since, x.started)
		}
		i = x.links[listAddress].next
	}
	return moment(since)
}
