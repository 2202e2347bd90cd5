package sms

import (
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// air is the links as the engine sees them.
type air struct{ p *Plugin }

var _ smstx.Link = air{}

// esmClass is transaction mode, with a user data header (SMPP 3.4 §5.2.12).
const esmClass = smpp.ModeTransaction | smpp.FeatureUDHI

// moreMessages is the optional parameter of all segments but the last, so that the network keeps the terminal (SMPP 3.4
// §5.3.2.34).
func moreMessages() smpp.TLVs {
	return smpp.TLVs{{Tag: smpp.TagMoreMessagesToSend, Value: []byte{1}}}
}

// Submit is part of smstx.Link.
func (a air) Submit(s smstx.Segment, done func(smstx.Answer)) bool {
	t := s.Message.Value.(*delivery)
	l := a.p.links.Submit(esme.Way(s.Message.Way), t.link, 0,
		func(*esme.Link) smpp.PDU { return a.pdu(s, t) },
		func(r smpp.Result) { done(esme.Answer(r)) })
	if l == nil {
		return false
	}
	t.link = l
	t.progress(s.Through, a.p.now())
	return true
}

func (a air) pdu(s smstx.Segment, t *delivery) *smpp.SubmitSM {
	c := &a.p.config
	pdu := &smpp.SubmitSM{
		ServiceType: c.serviceType, Source: c.source, Destination: t.destination,
		ESMClass: esmClass, DataCoding: c.dataCoding, ShortMessage: s.UserData(),
	}
	if s.More {
		pdu.TLVs = moreMessages()
	}
	return pdu
}
