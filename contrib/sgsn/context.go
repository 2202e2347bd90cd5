package sgsn

import (
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// nsapi is the one of every context here: a terminal has one (3GPP TS 24.008 §10.5.6.2).
const nsapi = 5

// quality is best effort, with an allocation and retention priority of 2 in front (3GPP TS 24.008 §10.5.6.5): what sgsnemu asks for.
var quality = [...]byte{0x02, 0x0b, 0x92, 0x1f}

// An Activation is what a Create PDP Context Request asks for.
type Activation struct {
	IMSI    push.IMSI
	APN     gtp.APN
	Address gtp.EndUserAddress
	// GGSN is where the request goes.
	GGSN netip.AddrPort
}

// A Context is an active PDP context.
type Context struct {
	IMSI    push.IMSI
	Address netip.Addr
	// Data and Control are the tunnel endpoints that the SGSN gave out; GGSNData and GGSNControl are those of the GGSN.
	Data, Control, GGSNData, GGSNControl gtp.TEID
	// Signalling and User are where the GGSN takes GTP-C and GTP-U.
	Signalling, User netip.AddrPort
}

// Activate has a terminal activate a context by itself, and returns when the GGSN has answered. A refusal is an error.
func (s *SGSN) Activate(a Activation) (Context, error) {
	ended := make(chan Event, 1)
	if err := s.create(a, func(e Event) { ended <- e }); err != nil {
		return Context{}, err
	}
	switch e := <-ended; e.Kind {
	case Activated:
		c, ok := s.Context(a.IMSI)
		if !ok {
			return Context{}, fmt.Errorf("sgsn: the context of %s was released at once", a.IMSI)
		}
		return c, nil
	case Refused:
		return Context{}, fmt.Errorf("sgsn: the GGSN refuses %s a context: %v", a.IMSI, e.Cause)
	default:
		return Context{}, fmt.Errorf("sgsn: activation of %s: %w", a.IMSI, e.Err)
	}
}

// create sends the request, and calls done with how it ended after observing it. An error is that it was not sent, which is observed too.
func (s *SGSN) create(a Activation, done func(Event)) error {
	s.mu.Lock()
	t := s.terminal(a.IMSI)
	data, control := s.newTEID()
	path, recovery, life := s.path, s.recovery, s.life
	s.early[data] = nil
	s.mu.Unlock()
	request := &gtp.CreatePDPContextRequest{
		IMSI: a.IMSI, Recovery: &recovery, SelectionMode: new(gtp.SelectionVerified), TEIDData: data, TEIDControl: &control,
		NSAPI: nsapi, ChargingCharacteristics: new(uint16(0x0800)), EndUserAddress: a.Address, APN: a.APN,
		SGSNSignalling: s.cfg.Control.Addr(), SGSNUser: s.cfg.User.Addr(), MSISDN: t.MSISDN, QoS: quality[:], RATType: 2,
	}
	end := func(e Event) {
		e.IMSI = a.IMSI
		s.observe(e) // before anything that came through the context
		for _, p := range s.settle(data) {
			s.down(data, p.from, p.octets, p.at)
		}
		done(e)
	}
	err := path.Send(a.GGSN, 0, request, func(p gtp.Packet, err error) {
		answer, ok := p.Message.(*gtp.CreatePDPContextResponse)
		switch {
		case err != nil || !ok:
			end(Event{Kind: Failed, Err: err})
		case !answer.Cause.Accepted():
			end(Event{Kind: Refused, Cause: answer.Cause})
		case answer.TEIDData == nil || answer.TEIDControl == nil || !answer.GGSNUser.IsValid() || answer.ChargingID == nil || p.Header.TEID != control:
			end(Event{Kind: Failed, Err: fmt.Errorf("an accepting response without all that it must have: %+v", answer)})
		default:
			c := &Context{
				IMSI: a.IMSI, Address: answer.EndUserAddress.IPv4, Data: data, Control: control,
				GGSNData: *answer.TEIDData, GGSNControl: *answer.TEIDControl,
				Signalling: netip.AddrPortFrom(answer.GGSNSignalling, a.GGSN.Port()), User: netip.AddrPortFrom(answer.GGSNUser, s.cfg.GGSNUser),
			}
			if !c.Address.IsValid() {
				c.Address = answer.EndUserAddress.IPv6
			}
			s.keep(c, life)
			end(Event{Kind: Activated, Cause: answer.Cause, Address: c.Address})
		}
	})
	if err != nil {
		s.settle(data)
		s.observe(Event{Kind: Failed, IMSI: a.IMSI, Err: err})
	}
	return err
}

// settle ends the time in which packets in a tunnel may come before the answer to its Create, and returns those that did.
func (s *SGSN) settle(data gtp.TEID) []early {
	s.mu.Lock()
	defer s.mu.Unlock()
	packets := s.early[data]
	delete(s.early, data)
	return packets
}

// keep has the context in the place of the terminal's former one.
func (s *SGSN) keep(c *Context, life int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life != life {
		return
	}
	if before := s.contexts[c.IMSI]; before != nil {
		delete(s.tunnels, before.Data)
	}
	s.contexts[c.IMSI] = c
	s.tunnels[c.Data] = c
}

// Context returns a terminal's context.
func (s *SGSN) Context(imsi push.IMSI) (Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.contexts[imsi]; c != nil {
		return *c, true
	}
	return Context{}, false
}

// Contexts returns how many there are.
func (s *SGSN) Contexts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.contexts)
}

// Detach has a terminal give up its context, and returns the GGSN's answer.
func (s *SGSN) Detach(imsi push.IMSI) (gtp.Cause, error) {
	s.mu.Lock()
	c, path := s.contexts[imsi], s.path
	if c == nil {
		s.mu.Unlock()
		return 0, fmt.Errorf("sgsn: %s has no context", imsi)
	}
	s.drop(c)
	s.mu.Unlock()
	ended := make(chan Event, 1)
	err := path.Send(c.Signalling, c.GGSNControl, &gtp.DeletePDPContextRequest{Teardown: new(true), NSAPI: nsapi}, func(p gtp.Packet, err error) {
		answer, ok := p.Message.(*gtp.DeletePDPContextResponse)
		if err != nil || !ok {
			ended <- Event{Kind: Failed, IMSI: imsi, Err: err}
			return
		}
		ended <- Event{Kind: Deleted, IMSI: imsi, Cause: answer.Cause, Address: c.Address}
	})
	if err != nil {
		return 0, err
	}
	e := <-ended
	s.observe(e)
	return e.Cause, e.Err
}

// drop forgets a context, with s.mu held.
func (s *SGSN) drop(c *Context) {
	delete(s.tunnels, c.Data)
	if s.contexts[c.IMSI] == c {
		delete(s.contexts, c.IMSI)
	}
}

// deleted takes a Delete PDP Context Request of the GGSN (§7.3.5), whose header names the context.
func (s *SGSN) deleted(r *gtp.Request) {
	c, teid := s.addressed(r), gtp.TEID(0)
	cause := gtp.CauseNonExistent
	if c != nil {
		cause, teid = gtp.CauseRequestAccepted, c.GGSNControl
		s.mu.Lock()
		s.drop(c)
		s.mu.Unlock()
	}
	_ = r.Answer(teid, &gtp.DeletePDPContextResponse{Cause: cause})
	if c != nil {
		s.observe(Event{Kind: Released, IMSI: c.IMSI, Address: c.Address})
	}
}

// updated takes an Update PDP Context Request of the GGSN (§7.3.3) and changes nothing.
func (s *SGSN) updated(r *gtp.Request) {
	if c := s.addressed(r); c != nil {
		_ = r.Answer(c.GGSNControl, &gtp.UpdatePDPContextResponse{
			Cause: gtp.CauseRequestAccepted, TEIDData: &c.Data, GSNSignalling: s.cfg.User.Addr(), GSNUser: s.cfg.User.Addr(), QoS: quality[:],
		})
		return
	}
	_ = r.Answer(0, &gtp.UpdatePDPContextResponse{Cause: gtp.CauseNonExistent})
}

// addressed returns the context that the header of a request names, nil for none.
func (s *SGSN) addressed(r *gtp.Request) *Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.tunnels[r.Header.TEID&^(1<<31)]
	if c == nil || c.Control != r.Header.TEID {
		return nil
	}
	return c
}
