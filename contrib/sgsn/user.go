package sgsn

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// pushPort is where a terminal listens for pushes (WAP-259 appendix B).
const pushPort = 2948

// serveUser takes what comes in GTP-U.
func (s *SGSN) serveUser() {
	b := make([]byte, longestDatagram)
	for {
		n, from, err := s.user.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		p, err := gtp.Parse(b[:n])
		if err != nil {
			s.observe(Event{Kind: Garbled, Err: err})
			continue
		}
		switch m := p.Message.(type) {
		case *gtp.EchoRequest: // the restart counter has no meaning in GTP-U (3GPP TS 29.281 §7.2.2)
			s.sendUser(from, gtp.Header{Sequence: p.Header.Sequence}, &gtp.EchoResponse{})
		case *gtp.GPDU:
			s.down(p.Header.TEID, from, m.Payload, time.Now())
		case *gtp.ErrorIndication:
			s.lost(m, from)
		}
	}
}

func (s *SGSN) sendUser(to netip.AddrPort, h gtp.Header, m gtp.Message) {
	if b, err := gtp.Append(nil, h, m); err == nil {
		_, _ = s.user.WriteToUDPAddrPort(b, to)
	}
}

// An early packet came before the answer to the Create of its tunnel: the two go different ways.
type early struct {
	from   netip.AddrPort
	octets []byte
	at     time.Time
}

// mostEarly is how many of them an SGSN keeps of a tunnel.
const mostEarly = 64

// down takes a packet for a terminal, which arrived at a time. One in a tunnel that is none is answered with Error Indication (3GPP TS 29.281 §7.3.1).
func (s *SGSN) down(teid gtp.TEID, from netip.AddrPort, packet []byte, at time.Time) {
	s.mu.Lock()
	c := s.tunnels[teid]
	var t Terminal
	if c != nil {
		t = s.terminal(c.IMSI)
	}
	if packets, waiting := s.early[teid]; waiting && len(packets) < mostEarly {
		s.early[teid] = append(packets, early{from, append([]byte(nil), packet...), at})
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	if c == nil {
		s.sendUser(netip.AddrPortFrom(from.Addr(), s.cfg.GGSNUser), gtp.Header{}, &gtp.ErrorIndication{TEIDData: teid, Address: s.cfg.User.Addr()})
		s.observe(Event{Kind: Stray})
		return
	}
	e := Event{IMSI: c.IMSI, Address: c.Address, At: at}
	d, err := ParseUDP(packet)
	switch {
	case err == nil && d.To.Addr() != c.Address:
		err = fmt.Errorf("a packet for %v in the tunnel of %v", d.To.Addr(), c.Address)
		fallthrough
	case err != nil:
		e.Kind, e.Err = Garbled, err
	case t.Deaf || d.To.Port() != cmp.Or(t.Port, pushPort):
		e.Kind, e.Datagram = Unwanted, d
		if icmp := portUnreachable(packet); icmp != nil && !t.Mute {
			s.sendUser(c.User, gtp.Header{TEID: c.GGSNData}, &gtp.GPDU{Payload: icmp})
		}
	default:
		e.Kind, e.Datagram = Delivered, d
	}
	s.observe(e)
}

// lost takes an Error Indication: the GGSN does not have the context (3GPP TS 23.007 §15.1).
func (s *SGSN) lost(m *gtp.ErrorIndication, from netip.AddrPort) {
	s.mu.Lock()
	var lost *Context
	for _, c := range s.contexts {
		if c.GGSNData == m.TEIDData && c.User.Addr() == from.Addr() {
			lost = c
			s.drop(c)
			break
		}
	}
	s.mu.Unlock()
	if lost != nil {
		s.observe(Event{Kind: Released, IMSI: lost.IMSI, Address: lost.Address})
	}
}

// Send has a terminal send a UDP datagram over its context.
func (s *SGSN) Send(imsi push.IMSI, fromPort uint16, to netip.AddrPort, payload []byte) error {
	c, ok := s.Context(imsi)
	if !ok {
		return fmt.Errorf("sgsn: %s has no context", imsi)
	}
	packet, err := buildUDP(Datagram{From: netip.AddrPortFrom(c.Address, fromPort), To: to, Payload: payload})
	if err != nil {
		return err
	}
	s.sendUser(c.User, gtp.Header{TEID: c.GGSNData}, &gtp.GPDU{Payload: packet})
	return nil
}
