package sms

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// forms is how each link takes whole pushes, as far as it is known; an SMSC that does not know data_sm says so once.
type forms [esme.MaxLinks]atomic.Uint32

// of is the form for a link.
func (f *forms) of(l *esme.Link, configured form) form {
	if configured != formAuto {
		return configured
	}
	if f[l.Index()].Load() == uint32(formSubmit) {
		return formSubmit
	}
	return formData
}

// answerMargin is how much earlier than the delivery's time the SMSC is asked to give up, so that its answer still counts. A push that
// it did not take is not offered again in it.
const answerMargin = 2 * time.Second

// patience is the time that the SMSC is given for a push, in whole seconds, at least one.
func (p *Plugin) patience(t *delivery) uint32 {
	left := time.Duration(t.ends) - p.elapsed()
	left = min(left-min(answerMargin, left/10), p.config.window)
	return uint32(max(left/time.Second, 1))
}

// delegated is the whole push: ports as parameters, the payload in message_payload, transaction mode, and who it is.
func (p *Plugin) delegated(t *delivery, l *esme.Link) smpp.PDU {
	c := &p.config
	id := identityOf(t.pushID, t.message.Terminal)
	port := func(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }
	seconds := p.patience(t)
	tlvs := smpp.TLVs{
		{Tag: smpp.TagSourcePort, Value: port(t.whole.Ports.Source)},
		{Tag: smpp.TagDestinationPort, Value: port(t.whole.Ports.Destination)},
		{Tag: smpp.TagUserMessageReference, Value: id.reference()},
		{Tag: smpp.TagPushIdentity, Value: id.octets()},
	}
	payload := smpp.TLV{Tag: smpp.TagMessagePayload, Value: t.whole.Payload}
	if t.form = p.forms.of(l, c.form); t.form == formSubmit {
		return &smpp.SubmitSM{
			ServiceType: c.serviceType, Source: c.source, Destination: t.destination(), ESMClass: smpp.ModeTransaction,
			ValidityPeriod: relativeTime(time.Duration(seconds) * time.Second), DataCoding: c.dataCoding, TLVs: append(tlvs, payload),
		}
	}
	return &smpp.DataSM{
		ServiceType: c.serviceType, Source: c.source, Destination: t.destination(), ESMClass: smpp.ModeTransaction,
		DataCoding: c.dataCoding, TLVs: append(tlvs, smpp.TLV{Tag: smpp.TagQoSTimeToLive, Value: ttl(seconds)}, payload),
	}
}

// delegatedAnswer is what the engine has to know of the answer to a whole push. The SMSC has tried as long as it was given, so a
// failed delivery is the end; what it did not take at all is offered again.
func (p *Plugin) delegatedAnswer(t *delivery, r smpp.Result) smstx.Answer {
	a := esme.Answer(r)
	var f *esme.Refusal
	if !errors.As(a.Err, &f) {
		return a
	}
	if p.config.form == formAuto && t.form == formData && unknownRequest(r, f) {
		if p.forms[t.link.Index()].Swap(uint32(formSubmit)) != uint32(formSubmit) {
			p.log.Info("the SMSC does not take data_sm, it gets submit_sm with message_payload", "link", t.link.Address(), "status", f.Status)
		}
		return smstx.Answer{Verdict: smstx.Busy, Err: f}
	}
	if f.Status == smpp.StatusUnknownErr && !f.Reasons && f.Network.Type == 0 {
		a.Verdict = smstx.NoAnswer // the SMSC can not say either
		return a
	}
	if a.Verdict == smstx.Temporary && !notTaken(f) {
		a.Verdict = smstx.Permanent
	}
	return a
}

// unknownRequest says that the SMSC does not know the request, or not from us: it says so, or answers by generic_nack.
func unknownRequest(r smpp.Result, f *esme.Refusal) bool {
	_, nack := r.Response.(*smpp.GenericNack)
	return nack && f.Class != smpp.ClassThrottled || f.Status == smpp.StatusInvCmdID || f.Status == statusProhibited
}

// statusProhibited is ESME_RPROHIBITED: not allowed to use this operation (SMPP 5.0 §4.7.6).
const statusProhibited smpp.Status = 0x101

// notTaken says that the SMSC did not try to deliver.
func notTaken(f *esme.Refusal) bool {
	switch f.Status {
	case smpp.StatusThrottled, smpp.StatusMsgQFul, smpp.StatusSysErr, smpp.StatusRxTAppn:
		return !f.Reasons && f.Network.Type == 0
	}
	return false
}
