package sms

import (
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
	"github.com/ppgbox/ppgbox/sdk/wdp"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// PAP codes that the bearer proposes (OMA-TS-PAP §9.14).
const (
	codeAddressError   = 2002
	codeTransformation = 3006
	codeServiceFailure = 4000
)

// A delivery is a push.Delivery on its way.
type delivery struct {
	id          string
	pushID      string
	host        bearer.Host
	destination smpp.Address
	message     smstx.Message
	link        *esme.Link // that took its last segment, nil before
	// Of messages with several segments:
	referenced bool
	token      token
	reports    uint64    // tokens that were reported
	reported   time.Time // when the token was last reported, or came
	news       bool      // the token says more than the one that was reported
}

// prepare makes the segments of a push, or says why there are none.
func (p *Plugin) prepare(d push.Delivery, host bearer.Host) (*delivery, *push.Outcome) {
	number := d.Terminal.MSISDN
	if number == "" {
		number = d.Terminal.Address.MSISDN()
	}
	if !isNumber(string(number)) {
		return nil, &push.Outcome{
			Kind: push.OutcomeRefused, Code: codeAddressError, Text: "the recipient has no phone number",
			Cause: fmt.Sprintf("MSISDN %q of %v", number, d.Terminal.Address),
		}
	}
	way := p.links.Way(string(number))
	if way == 0 {
		return nil, &push.Outcome{Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: "no link to the network takes this number"}
	}
	t := &delivery{
		id: d.ID, pushID: d.PushID, host: host, destination: smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: string(number)},
		message: smstx.Message{
			Terminal: string(number), Priority: int8(d.Priority), Way: uint64(way), Window: p.config.window, Deadline: d.Timeout,
		},
	}
	t.message.Value, t.message.Done = t, p.done
	old, resumed := parseToken(d.Token)
	if len(d.Token) > 0 && !resumed {
		p.log.Warn("a progress token of another kind is left aside, the push is sent from its start", "push_id", d.PushID)
	}
	tid := old.tid
	if !resumed {
		tid = p.nextTID()
	}
	pdu, err := encode(d.Message, tid)
	if err != nil {
		return nil, &push.Outcome{Kind: push.OutcomeRefused, Code: codeTransformation, Text: "the push can not be encoded for the air", Cause: err.Error()}
	}
	if refusal := p.cut(t, pdu, old, resumed); refusal != nil {
		return nil, refusal
	}
	return t, nil
}

func (p *Plugin) nextTID() byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tid++
	return p.tid
}

// encode makes the WSP push of a message.
func encode(m push.Message, tid byte) ([]byte, error) {
	headers := make([]wsp.Header, len(m.Headers))
	for i, h := range m.Headers {
		headers[i] = wsp.Header{Name: h.Name, Value: h.Value}
	}
	return wsp.EncodePush(wsp.Push{TID: tid, ContentType: m.ContentType, Headers: wsp.AirHeaders(headers), Data: m.Body}, 0)
}

// cut makes the segments. A message of several goes under the reference of its token, if it has one that is about these octets.
func (p *Plugin) cut(t *delivery, pdu []byte, old token, resumed bool) *push.Outcome {
	whole := &smstx.Datagram{
		Payload: slices.Clip(pdu), Ports: wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}, Reference: wdp.Reference{Wide: p.config.wide},
	}
	total := whole.Len()
	if total > p.config.maxSegments {
		text := fmt.Sprintf("the push needs %d short messages, at most %d are sent", total, p.config.maxSegments)
		return &push.Outcome{Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: text}
	}
	t.message.Segments = whole
	if total > 1 {
		sum := crc32.Update(crc32.ChecksumIEEE(pdu), crc32.IEEETable, []byte(p.config.source.Addr))
		resumed = resumed && old.fits(p.config.wide, total, sum) && p.references.Reserve(t.message.Terminal, old.reference)
		if resumed {
			t.token = old
			t.token.through = old.throughAt(p.now())
			t.message.Through, t.reported = t.token.through, p.now()
		} else {
			reference, ok := p.references.Take(t.message.Terminal)
			if !ok {
				return &push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "every concatenation reference of the terminal is taken"}
			}
			t.token = token{wide: p.config.wide, reference: reference, total: total, tid: pdu[0], sum: sum}
			t.message.Held = true // until the token is on disk, so that a push never goes out under two references
		}
		t.referenced = true
		whole.Reference.Number = t.token.reference
	}
	// The terminal puts equal segments of one reference together once; a single message it would show twice.
	t.message.Resubmit = total > 1
	return nil
}

// report hands the token to the gateway.
func (t *delivery) report(now time.Time) {
	t.reported, t.news = now, false
	t.reports++
	t.host.Progress(t.id, t.reports, t.token.octets())
}

// reportEvery is the shortest time between two tokens of a delivery, so that a push that goes well costs one write.
const reportEvery = time.Second

// progress keeps the token up with the segments that are through.
func (t *delivery) progress(through smstx.Set, now time.Time) {
	t.learn(through, now)
	if t.news && now.Sub(t.reported) >= reportEvery {
		t.report(now)
	}
}

// learn puts into the token what is through.
func (t *delivery) learn(through smstx.Set, now time.Time) {
	if t.referenced && through != t.token.through {
		t.token.through, t.token.at, t.news = through, now.Unix(), true
	}
}

// done is the end of a transaction.
func (p *Plugin) done(m *smstx.Message, r smstx.Result) {
	t := m.Value.(*delivery)
	p.forget(t)
	o := esme.Outcome(r, t.message.Segments.Len())
	t.learn(r.Through, p.now())
	if t.news && o.Kind != push.OutcomeDelivered && o.Kind != push.OutcomeRefused {
		t.report(p.now())
	}
	if p.log.IsDebug() {
		p.log.Debug("transaction ended", "push_id", t.pushID, "outcome", o.Kind, "through", r.Through.Len(), "of", t.message.Segments.Len(), "cause", o.Cause)
	}
	t.host.Result(t.id, o)
}
