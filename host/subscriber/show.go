package subscriber

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Shown is what is known of somebody, for the operator.
type Shown struct {
	// Subscriber is nil if what was asked for is known by its sessions alone. The password is left out.
	Subscriber *store.Subscriber
	// Password tells that there is one.
	Password bool
	// Terminals are those that a push to the first user identifier goes to, or to the number that was asked for; or those that hold
	// the address that was asked for, each with its sessions at that address.
	Terminals []Terminal
	// Holders are the subscribers of these terminals, where an address was asked for: the first user identifier of each, "" for a
	// terminal of nobody's.
	Holders []string
	// Sessions are the live ones of all these terminals with what was told of them, the newest first.
	Sessions []store.Session
}

// Show returns what is known of a user identifier, static or dynamic, of an MSISDN (with or without "+"), of an IMSI, or of an IP
// address; false if nothing is.
func (d *Directory) Show(of string) (s Shown, ok bool) {
	now := d.now()
	d.mu.RLock()
	defer d.mu.RUnlock()
	var i uint32
	var terminals []Terminal
	if address, err := netip.ParseAddr(of); err == nil {
		terminals, s.Holders = d.holders(address.Unmap(), now)
	} else {
		i, terminals = d.lookUp(of, now)
	}
	if i != 0 {
		s.Subscriber = d.people.record(i)
		s.Password = len(s.Subscriber.Password) > 0
		s.Subscriber.Password = nil
		terminals = d.terminalsOf(i, push.Address{Type: push.USER, Value: s.Subscriber.Users[0]}, now)
	}
	s.Terminals = terminals
	for _, t := range terminals {
		for _, x := range t.Subscriber.Sessions {
			s.Sessions = append(s.Sessions, *d.sessions.record(d.sessions.all.at(d.sessions.byGeneration[x.Generation])))
		}
	}
	slices.SortFunc(s.Sessions, func(a, b store.Session) int { return cmp.Compare(b.Generation, a.Generation) })
	return s, i != 0 || len(s.Sessions) > 0
}

// holders returns the terminals that hold an address now, in different networks perhaps, the newest first, and whose they are.
func (d *Directory) holders(address netip.Addr, now int64) (list []Terminal, whose []string) {
	a := push.Address{Type: push.IPv6, Value: address.String()}
	if address.Is4() {
		a.Type = push.IPv4
	}
	sessions := d.gather(nil, listAddress, d.sessions.byAddress.heads[address.As16()], now, nil)
	slices.SortFunc(sessions, newestFirst)
	for _, x := range sessions {
		t := d.phone(x, a, now)
		at := slices.IndexFunc(list, func(other Terminal) bool { return other.Lane == t.Lane })
		n := slices.IndexFunc(t.Subscriber.Sessions, func(s push.Session) bool { return s.Generation == x.generation })
		if n < 0 { // one of very many
			continue
		}
		here := t.Subscriber.Sessions[n]
		if at >= 0 {
			list[at].Subscriber.Sessions = append(list[at].Subscriber.Sessions, here)
			continue
		}
		t.Subscriber.Sessions = []push.Session{here}
		who := ""
		if i := cmp.Or(d.holder(x.msisdn, x.imsi), x.subscriber); i != 0 {
			who = d.people.first(i)
		}
		list, whose = append(list, t), append(whose, who)
	}
	return list, whose
}

// lookUp returns the subscriber that something is of, or, if that is 0, the terminals that are known by their sessions alone.
func (d *Directory) lookUp(of string, now int64) (subscriber uint32, terminals []Terminal) {
	if at := strings.LastIndexByte(of, '@'); at >= 0 {
		user := of[:at+1] + strings.ToLower(of[at+1:])
		if i := d.people.find(user); i != 0 {
			return i, nil
		}
		if x := d.dynamic(user, now); x != nil {
			return x.subscriber, nil
		}
		return 0, nil
	}
	digits := strings.TrimPrefix(of, "+")
	n, ok := pack(digits)
	if !ok || n == 0 {
		return 0, nil
	}
	if i := d.owner(cmp.Or(d.people.byMSISDN[n], d.people.byIMSI[n])); i != 0 {
		return i, nil
	}
	a := push.Address{Type: push.PLMN, Value: "+" + digits}
	if i := d.sessions.byIMSI.heads[n]; i != 0 && d.sessions.byMSISDN.heads[n] == 0 {
		return 0, []Terminal{d.phone(d.sessions.all.at(i), a, now)}
	}
	return 0, []Terminal{d.resolveNumber(a, now)}
}
