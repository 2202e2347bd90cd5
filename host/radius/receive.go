package radius

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// receiveAll takes messages from the socket until that is closed or broken.
func (s *Server) receiveAll() error {
	b, oob := make([]byte, radius.MaxPacketLength), make([]byte, 128)
	for {
		n, from, control, err := s.socket.read(b, oob)
		if err != nil {
			return err
		}
		if why := s.receive(b[:n], from, control); why != taken {
			s.drop(why, from)
		}
	}
}

// receive takes one message, which it does not keep, or says why it is dropped. It never blocks.
func (s *Server) receive(b []byte, from netip.AddrPort, control []byte) dropped {
	client := s.clients.Load().of(from.Addr())
	if client == nil {
		return unknownSource
	}
	b, ok := trim(b)
	switch {
	case !ok:
		return malformed
	case radius.Code(b[0]) != radius.CodeAccountingRequest:
		return wrongCode
	case !radius.IsAuthenticRequest(b, client.Secret): // RFC 2866 §3: silently discarded
		return wrongAuthenticator
	}
	key := exchangeKey{from: from, identifier: b[1]}
	copy(key.authenticator[:], b[4:20])
	x, state := s.exchanges.find(key)
	switch state {
	case answered:
		s.counters.repeated.Add(1)
		s.answerAgain(x)
		return taken
	case working: // its answer will come
		s.counters.repeated.Add(1)
		return taken
	case unfinished:
		s.counters.repeated.Add(1)
	case absent:
		p, err := radius.Parse(b, client.Secret)
		if err != nil {
			return malformed
		}
		if s.cameRound(p) {
			return loop
		}
		x = &exchange{key: key, control: control, client: client, request: p, arrived: s.clock.Wall()}
	}
	if !s.exchanges.begin(x, s.clock.Elapsed()) {
		return overload
	}
	s.work <- x // has room for all that begin lets through
	return taken
}

// trim cuts the padding behind a packet (RFC 2865 §3), and says whether its length makes sense.
func trim(b []byte) ([]byte, bool) {
	if len(b) < 20 {
		return nil, false
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length < 20 || length > radius.MaxPacketLength || length > len(b) {
		return nil, false
	}
	return b[:length], true
}

// cameRound says whether we have forwarded a message before: the next server, or one behind it, is ourselves.
func (s *Server) cameRound(p *radius.Packet) bool {
	for _, a := range p.Attributes {
		if a.Type == rfc2865.ProxyState_Type && bytes.Equal(a.Attribute, s.tag) {
			return true
		}
	}
	return false
}

// drop counts a message that is not answered. Whoever may send can fill neither the disk nor the log with anything of it.
func (s *Server) drop(why dropped, from netip.AddrPort) {
	s.counters.dropped[why].Add(1)
	fields := []any{"reason", why.String(), "from", from.String()}
	if client := s.clients.Load().of(from.Addr()); client != nil && client.GGSN != "" {
		fields = append(fields, "ggsn", client.GGSN)
	}
	if why == wrongAuthenticator {
		fields = append(fields, "hint", "do the secrets differ?")
	}
	if fields, ok := s.limit.Allow(fields...); ok {
		s.log.Warn("a RADIUS message was dropped", fields...)
	}
}
