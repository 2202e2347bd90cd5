package sms

import (
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// air is the links as the engine sees them.
type air struct{ p *Plugin }

var _ smstx.Link = air{}

// Submit is part of smstx.Link.
func (a air) Submit(s smstx.Segment) bool {
	p, t := a.p, s.Message.Value.(*delivery)
	var answer func(smpp.Result)
	switch {
	case t.mode == delegate:
		answer = func(r smpp.Result) { s.Answered(p.delegatedAnswer(t, r)) }
	case t.stores():
		index := s.Index
		answer = func(r smpp.Result) {
			if r.Outcome == smpp.Accepted {
				p.book.accepted(t, index, r.MessageID())
			}
			s.Answered(esme.Answer(r))
		}
	default:
		answer = func(r smpp.Result) { s.Answered(esme.Answer(r)) }
	}
	taken := p.links.Submit(esme.Way(s.Message.Way), t.link, 0, func(l *esme.Link) smpp.PDU {
		t.link = l
		if t.mode == delegate {
			return p.delegated(t, l)
		}
		return p.segment(t, s)
	}, answer)
	if taken == nil {
		return false
	}
	if t.mode == integrated {
		p.keepUp(t, s.Through)
	}
	return true
}

// segment is one segment of a push, with its user data header.
func (p *Plugin) segment(t *delivery, s smstx.Segment) smpp.PDU {
	c := &p.config
	pdu := &smpp.SubmitSM{
		ServiceType: c.serviceType, Source: c.source, Destination: t.destination(),
		ESMClass: smpp.ModeTransaction | smpp.FeatureUDHI, DataCoding: c.dataCoding, ShortMessage: s.UserData(),
	}
	if t.mode == receipts {
		pdu.ESMClass = c.storeMode | smpp.FeatureUDHI
		pdu.ValidityPeriod = relativeTime(p.validity(t))
		if c.registered {
			pdu.RegisteredDelivery = smpp.ReceiptAlways
		}
	}
	if s.More { // so that the network keeps the way to the terminal (SMPP 3.4 §5.3.2.34)
		pdu.TLVs = smpp.TLVs{{Tag: smpp.TagMoreMessagesToSend, Value: []byte{1}}}
	}
	return pdu
}
