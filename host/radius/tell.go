package radius

import (
	"time"

	"layeh.com/radius/rfc2866"

	"github.com/ppgbox/ppgbox/host/store"
)

// handleAll handles what was taken, in the order of its arrival.
func (s *Server) handleAll() {
	for x := range s.work {
		select {
		case <-s.abandon: // nobody waits for it
		default:
			s.handle(x)
		}
	}
}

// handle does what is to be done of a request: all of it, or, at a repeat of one that failed, what is missing.
func (s *Server) handle(x *exchange) {
	tell, pass := s.exchanges.missing(x)
	r := readRecord(x.request.Attributes)
	if !x.handled {
		s.counters.records[kindOf(r.status)].Add(1)
	}
	if tell {
		s.tell(x, &r)
	}
	if pass {
		s.pass(x)
	}
	x.handled = true
	s.done(x, partHandle, nil)
}

// done ends a part of an exchange; after the last one it is answered, if all went well.
func (s *Server) done(x *exchange, p part, err error) {
	if !s.exchanges.done(x, p, err) {
		return
	}
	select {
	case s.answers <- x:
	case <-s.quit:
	}
}

// tell tells the directory what the record says.
func (s *Server) tell(x *exchange, r *record) {
	ggsn := x.client.GGSN
	if ggsn == "" {
		if ggsn = r.ggsn; ggsn == "" && len(r.nas) > 0 {
			ggsn = r.nas[0]
		}
	}
	at := s.origins.when(ggsn, r, x.arrived)
	switch r.status {
	case rfc2866.AcctStatusType_Value_Start, rfc2866.AcctStatusType_Value_InterimUpdate:
		s.sessions(x, r, ggsn, at, true)
	case rfc2866.AcctStatusType_Value_Stop:
		s.sessions(x, r, ggsn, at, false)
	case rfc2866.AcctStatusType_Value_AccountingOn, rfc2866.AcctStatusType_Value_AccountingOff:
		s.restarted(x, r, ggsn, at)
	}
}

// sessions tells of one session for each address.
func (s *Server) sessions(x *exchange, r *record, ggsn string, at time.Time, start bool) {
	if r.prefix {
		s.ignore(prefixOnly, x)
	}
	switch {
	case r.session == "":
		s.ignore(noSessionID, x)
		return
	case len(r.addresses) == 0:
		if !r.prefix {
			s.ignore(noAddress, x)
		}
		return
	case ggsn == "":
		s.ignore(noGGSN, x)
		return
	case r.badAPN:
		s.ignore(badAPN, x)
		return
	case start && x.arrived.Sub(at) > day: // who has the address now is another question
		s.ignore(tooOld, x)
		return
	}
	if start && x.client.GGSN == "" {
		s.origins.learn(ggsn, r.nas)
	}
	s.exchanges.add(x, len(r.addresses))
	done := func(err error) { s.told(x, err) }
	for _, a := range r.addresses {
		k := store.SessionKey{GGSN: ggsn, APN: r.apn, Address: a}
		if start {
			s.directory.SessionStart(store.Session{SessionKey: k, MSISDN: r.msisdn, IMSI: r.imsi, Accounting: r.session}, at, done)
		} else {
			s.directory.SessionStop(k, r.session, at, done)
		}
	}
}

// restarted tells that a GGSN has no sessions any more (RFC 2866 §5.1).
func (s *Server) restarted(x *exchange, r *record, ggsn string, at time.Time) {
	names := []string{ggsn}
	if x.client.GGSN == "" {
		names = s.origins.all(ggsn, r.nas)
	}
	if len(names) == 0 {
		s.ignore(noGGSN, x)
		return
	}
	s.exchanges.add(x, len(names))
	for _, name := range names {
		s.directory.SessionsEnd(name, at, func(n int, err error) {
			s.counters.ended.Add(uint64(max(n, 0)))
			if err == nil && n > 0 {
				s.log.Info("a GGSN has begun anew, its sessions are over", "ggsn", name, "sessions", n)
			}
			s.told(x, err)
		})
	}
}

// told ends a part of an exchange that the directory was told.
func (s *Server) told(x *exchange, err error) {
	if err != nil {
		s.counters.notStored.Add(1)
		if fields, ok := s.limit.Allow("from", x.key.from.String(), "error", err); ok {
			s.log.Error("what RADIUS accounting told is not on disk, so it is not answered", fields...)
		}
	}
	s.done(x, partTell, err)
}

// ignore counts a record that is answered, since it would come again for ever, and that nobody is told of. IMSI and MSISDN are not
// for logs.
func (s *Server) ignore(why ignored, x *exchange) {
	s.counters.ignored[why].Add(1)
	if fields, ok := s.limit.Allow("reason", why.String(), "from", x.key.from.String()); ok {
		s.log.Warn("a RADIUS accounting record changes no session", fields...)
	}
}
