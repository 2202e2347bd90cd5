package smsc

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// network is the delivery links as the engine sees them.
type network struct {
	s    *SMSC
	more smpp.TLVs // of all segments but the last
}

var _ smstx.Link = network{}

func newNetwork(s *SMSC) network {
	return network{s: s, more: smpp.TLVs{{Tag: smpp.TagMoreMessagesToSend, Value: []byte{1}}}}
}

// otherWay is set in the way of messages that are no push: they wait for other places than push over the same links, since a part
// of every link is kept from them. It is above the bit of every link.
const otherWay = 1 << maxLinks

// maxLinks is the number of delivery links.
const maxLinks = esme.MaxLinks - 1

// way is what a message to a number waits for; 0 if no link takes the number.
func (s *SMSC) way(number string, other bool) uint64 {
	w := uint64(s.links.Way(number))
	if w != 0 && other {
		w |= otherWay
	}
	return w
}

// Submit is part of smstx.Link.
func (n network) Submit(segment smstx.Segment, done func(smstx.Answer)) bool {
	t := segment.Message.Value.(*transaction)
	if segment.Message.Way&otherWay != 0 {
		return n.submitOther(t, segment, done)
	}
	l := n.s.links.Submit(esme.Way(segment.Message.Way), t.link, 0,
		func(*esme.Link) smpp.PDU { return n.pdu(t, segment) },
		func(r smpp.Result) { done(n.answer(r)) })
	if l == nil {
		return false
	}
	t.link = l
	return true
}

// submitOther submits a segment of what is no push, if a link has a place for it outside of its reserve.
func (n network) submitOther(t *transaction, segment smstx.Segment, done func(smstx.Answer)) bool {
	reserve, now := n.s.reserve, time.Now()
	links := reserve.open(esme.Way(segment.Message.Way&^otherWay), now)
	if links == 0 {
		return false
	}
	var taken *esme.Link
	l := n.s.links.Submit(links, t.link, 0, func(l *esme.Link) smpp.PDU { taken = l; return n.pdu(t, segment) }, func(r smpp.Result) {
		reserve.give(taken)
		done(n.answer(r))
	})
	if l == nil {
		return false
	}
	reserve.take(l, now)
	t.link = l
	return true
}

// answer is what the engine has to know of the end of a segment.
func (n network) answer(r smpp.Result) smstx.Answer {
	a := esme.Answer(r)
	n.s.metrics.segments.of(a.Verdict).Inc()
	return a
}

// pdu is a segment as it goes to the network: in transaction mode, with more_messages_to_send on all but the last, so that the network
// keeps the way to the terminal open (SMPP 3.4 §5.2.12, §5.3.2.34).
func (n network) pdu(t *transaction, s smstx.Segment) *smpp.SubmitSM {
	p := &smpp.SubmitSM{
		ServiceType: t.serviceType, Source: t.source, Destination: t.destination, ESMClass: smpp.ModeTransaction,
		ProtocolID: t.protocolID, PriorityFlag: t.priorityFlag, DataCoding: t.dataCoding, ShortMessage: s.UserData(),
	}
	if t.udhi {
		p.ESMClass |= smpp.FeatureUDHI
	}
	if s.More {
		p.TLVs = n.more
	}
	return p
}

// fromNetwork takes what the delivery side sends by itself. An alert sends at once what pauses before it is sent again; messages
// from terminals and receipts are taken and left aside.
func (s *SMSC) fromNetwork(l *esme.Link, r *smpp.Request) {
	if p, ok := r.PDU.(*smpp.AlertNotification); ok {
		if number, ok := esme.Available(p); ok {
			s.engine.Wake(number)
		}
	} else {
		s.log.Debug("left aside", "command", r.Header.Command.String(), "link", l.Address())
	}
	s.send(r, smpp.StatusOK, nil)
}
