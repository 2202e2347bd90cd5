package smsc

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// network is the delivery links as the engine sees them.
type network struct {
	s    *SMSC
	more smpp.TLVs // of all segments but the last

	// Of the call of Submit that runs; there is one at a time, and a PDU is encoded within it.
	transaction *transaction
	segment     smstx.Segment
	scratch     smpp.SubmitSM
	userData    [wdp.MaxUserData]byte     // of scratch, where the segment is cut now
	pdu         func(*esme.Link) smpp.PDU // of segment
}

var _ smstx.Link = (*network)(nil)

func newNetwork(s *SMSC) *network {
	n := &network{s: s, more: smpp.TLVs{{Tag: smpp.TagMoreMessagesToSend, Value: []byte{1}}}}
	n.pdu = func(*esme.Link) smpp.PDU { return n.fill() }
	return n
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
func (n *network) Submit(segment smstx.Segment) bool {
	t := segment.Message.Value.(*transaction)
	t.submission = segment.Submission
	n.transaction, n.segment = t, segment
	if segment.Message.Way&otherWay != 0 {
		return n.submitOther(t, esme.Way(segment.Message.Way&^otherWay))
	}
	l := n.s.links.Submit(esme.Way(segment.Message.Way), t.link, 0, n.pdu, t.onResult)
	if l == nil {
		return false
	}
	t.link = l
	return true
}

// submitOther submits a segment of what is no push, if a link has a place for it outside of its reserve.
func (n *network) submitOther(t *transaction, way esme.Way) bool {
	reserve, now := n.s.reserve, time.Now()
	links := reserve.open(way, now)
	if links == 0 {
		return false
	}
	var taken *esme.Link
	pdu := func(l *esme.Link) smpp.PDU { taken = l; return n.pdu(l) }
	l := n.s.links.Submit(links, t.link, 0, pdu, func(r smpp.Result) {
		reserve.give(taken)
		t.submission.Answered(n.answer(r))
	})
	if l == nil {
		return false
	}
	reserve.take(l, now)
	t.link = l
	return true
}

// answer is what the engine has to know of the end of a segment.
func (n *network) answer(r smpp.Result) smstx.Answer {
	a := esme.Answer(r)
	n.s.metrics.segments.of(a.Verdict).Inc()
	return a
}

// fill makes the segment ready for the network: in transaction mode, with more_messages_to_send on all but the last, so that the
// network keeps the way to the terminal open (SMPP 3.4 §5.2.12, §5.3.2.34).
func (n *network) fill() *smpp.SubmitSM {
	t := n.transaction
	p := &n.scratch // every field that was set before is set again
	p.ServiceType, p.Source, p.Destination = t.serviceType, t.source, t.destination
	p.ProtocolID, p.PriorityFlag, p.DataCoding = t.protocolID, t.priorityFlag, t.dataCoding
	p.ESMClass, p.TLVs = smpp.ModeTransaction, nil
	if n.segment.Message.Segments == &t.whole {
		p.ShortMessage = t.whole.AppendUserData(n.userData[:0], n.segment.Index)
	} else {
		p.ShortMessage = n.segment.UserData()
	}
	if t.udhi {
		p.ESMClass |= smpp.FeatureUDHI
	}
	if n.segment.More {
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
