package smsc

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// begin makes a submission a transaction of its own, unless it is a push that is known. It returns what is to be given to the engine, nil
// for nothing. a.mu is held.
func (s *SMSC) begin(a *account, r *smpp.Request, sub *submission, now time.Time) (*transaction, *refusal) {
	t := s.transaction(a, sub, now)
	if t.datagram = sub.mode == smpp.ModeDatagram; t.datagram {
		t.message.Resends = -1 // one try (SMPP 3.4 §2.7.2)
	}
	var earlier *kept
	if sub.identity != "" {
		t.identity, t.sum = sub.identity, sumOf(sub)
		if running := a.pushes[t.identity]; running != nil && running.sum == t.sum && !t.datagram {
			running.requests = append(running.requests, r)
			s.metrics.recognised.WithLabelValues("running").Inc()
			return nil, nil
		}
		if earlier = a.recent.find(t.identity, t.sum, now); earlier != nil && earlier.complete {
			a.release(r)
			s.metrics.recognised.WithLabelValues("delivered").Inc()
			s.count(a, smpp.StatusOK)
			s.send(r, smpp.StatusOK, response(r, earlier.messageID, nil))
			return nil, nil
		}
	}
	refused := s.cut(t, sub, earlier)
	if refused == nil {
		refused = s.start(t, a.answerWithin, sub.within)
	}
	if refused != nil {
		t.releaseReference()
		return nil, refused
	}
	if earlier != nil {
		s.metrics.recognised.WithLabelValues("incomplete").Inc()
	}
	if t.datagram { // the answer says that there will be one try, and nothing of its end
		a.release(r)
		s.count(a, smpp.StatusOK)
		s.send(r, smpp.StatusOK, response(r, s.messageID(t.id), nil))
	} else {
		t.first[0] = r
		t.requests = t.first[:]
	}
	return t, nil
}

// cut makes the segments of a submission. One of a push that is known goes on under its reference.
func (s *SMSC) cut(t *transaction, sub *submission, earlier *kept) *refusal {
	switch {
	case sub.concat != nil:
		segment, refused := sub.segment()
		if refused != nil {
			return refused
		}
		t.message.Segments, t.udhi = smstx.Octets{segment}, true
		t.message.Resubmit = true // the terminal keeps one of two equal segments
		return nil
	case !sub.hasPorts, sub.hasUDH && len(sub.userData) <= wdp.MaxUserData:
		if len(sub.userData) > sub.most() {
			return refuse(smpp.StatusInvMsgLen, "longer than one short message, and without the ports of a datagram")
		}
		t.message.Segments, t.udhi = smstx.Octets{sub.userData}, sub.hasUDH
		return nil
	case len(sub.others) > 0:
		return refuse(smpp.StatusInvMsgLen, "longer than one short message, and its header has elements that can not be cut")
	}
	t.udhi = true
	c := &s.config.transaction
	if c.dataCoding != nil {
		t.dataCoding = *c.dataCoding
	}
	total, _ := wdp.Cut(len(sub.payload), c.wide)
	if total > c.maxSegments {
		return refuse(smpp.StatusInvMsgLen, "more segments than max_segments")
	}
	if total > 1 {
		if refused := s.reference(t, earlier); refused != nil {
			return refused
		}
	}
	t.whole = smstx.Datagram{Payload: sub.payload, Ports: sub.ports, Reference: wdp.Reference{Number: t.reference, Wide: c.wide}}
	t.message.Segments = &t.whole
	t.message.Resubmit = total > 1
	if t.referenced && earlier != nil && earlier.reference == t.reference && earlier.total == total {
		t.message.Through = earlier.through
	}
	return nil
}

// reference takes a concatenation reference: that of the earlier start of a push if no other message to the terminal has it.
func (s *SMSC) reference(t *transaction, earlier *kept) *refusal {
	references := s.references(s.config.transaction.wide)
	key := referenceKey(&t.envelope)
	if earlier != nil && earlier.total > 1 && references.Reserve(key, earlier.reference) {
		t.reference = earlier.reference
	} else {
		n, ok := references.Take(key)
		if !ok {
			return refuse(smpp.StatusMsgQFul, "every concatenation reference of the terminal is taken")
		}
		t.reference = n
	}
	t.referenced, t.wide = true, s.config.transaction.wide
	return nil
}

// most is how many octets one short message without ports takes: 140, or 160 characters of the default alphabet, which come one
// an octet (SMPP 3.4 §5.2.19).
func (sub *submission) most() int {
	if sub.dataCoding == smpp.DataCodingDefault && !sub.hasUDH {
		return 160
	}
	return wdp.MaxUserData
}

// segment is the user data of a submission that the ESME has cut itself, with a header also where it came by parameters.
func (sub *submission) segment() ([]byte, *refusal) {
	userData := sub.userData
	if sub.bySAR {
		c := sub.concat
		header := wdp.Header{
			Others:        sub.others,
			Concatenation: &wdp.Concatenation{Reference: wdp.Reference{Number: c.reference, Wide: c.wide}, Total: c.total, Sequence: c.sequence},
		}
		if sub.hasPorts {
			header.Ports = &sub.ports
		}
		var err error
		if userData, err = header.AppendTo(make([]byte, 0, wdp.MaxUserData)); err != nil {
			return nil, refuse(smpp.StatusInvMsgLen, err.Error())
		}
		userData = append(userData, sub.payload...)
	}
	if len(userData) > wdp.MaxUserData {
		return nil, refuse(smpp.StatusInvMsgLen, "a segment that is longer than a short message")
	}
	return userData, nil
}
