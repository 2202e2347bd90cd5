package radius

import (
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

// answerAll writes the answers.
func (s *Server) answerAll() {
	for {
		select {
		case <-s.quit:
			return
		case x := <-s.answers:
			s.answer(x)
		}
	}
}

// answer answers one whose parts have all ended, or answers it again.
func (s *Server) answer(x *exchange) {
	answer := x.answer
	if answer == nil {
		answer = makeAnswer(x.request)
		s.exchanges.answered(x, answer) // before it leaves: a repeat may be here at once
	}
	if err := s.socket.write(answer, x.key.from, x.control); err != nil { // it will be repeated, and answered again
		s.counters.unwritten.Add(1)
		if fields, ok := s.limit.Allow("to", x.key.from.String(), "error", err); ok {
			s.log.Warn("an answer to RADIUS accounting was not sent", fields...)
		}
		return
	}
	s.counters.answers.Add(1)
}

// answerAgain answers a repeat, unless there is so much to answer that it will come again anyway.
func (s *Server) answerAgain(x *exchange) {
	select {
	case s.answers <- x:
	default:
		s.drop(overload, x.key.from)
	}
}

// makeAnswer returns the Accounting-Response: an answer has the Proxy-State of its request, unchanged and in the same order
// (RFC 2865 §5.33), and no other attribute (RFC 2866 §4.2).
func makeAnswer(request *radius.Packet) []byte {
	p := request.Response(radius.CodeAccountingResponse)
	for _, a := range request.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			p.Attributes = append(p.Attributes, a)
		}
	}
	b, err := p.Encode()
	if err != nil {
		panic(err) // no longer than the request, and of a known code
	}
	return b
}
