package sms

import (
	"fmt"
	"hash/crc32"
	"slices"
	"time"

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

// A delivery is a push.Delivery on its way. There are very many: what can be told from something else is not kept.
type delivery struct {
	id      string
	pushID  string
	message smstx.Message
	whole   smstx.Datagram // message.Segments
	link    *esme.Link     // that took its last segment, nil before
	ends    time.Duration  // in Plugin.elapsed: the end of the delivery's time
	mode    mode
	form    form // of the last submission, in mode delegate
	*progress
}

// progress is of a delivery that has a token, and a reference that nobody else to the terminal has.
type progress struct {
	token    token
	awaited  *awaited      // in mode receipts
	reported time.Duration // in Plugin.elapsed: when the token was last reported, or came
	reports  uint32        // tokens that were reported
	news     bool          // the token says more than the one that was reported
}

// stores says whether receipts of the delivery may come.
func (t *delivery) stores() bool { return t.progress != nil && t.awaited != nil }

func (t *delivery) destination() smpp.Address {
	return smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: t.message.Terminal}
}

// prepare makes what is sent of a push, or says why nothing is.
func (p *Plugin) prepare(d push.Delivery) (*delivery, *push.Outcome) {
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
		id: d.ID, pushID: d.PushID, mode: p.config.mode, ends: p.elapsed() + d.Timeout,
		message: smstx.Message{
			Terminal: string(number), Priority: int8(d.Priority), Way: uint64(way), Window: p.config.window, Deadline: d.Timeout,
		},
	}
	t.message.Value, t.message.Done = t, p.done
	old, resumed := parseToken(d.Token)
	if len(d.Token) > 0 && !resumed {
		p.log.Warn("a progress token of another kind is left aside, the push is sent from its start", "push_id", d.PushID)
	}
	pdu, err := encode(d.Message, tid(t, old, resumed))
	if err != nil {
		return nil, &push.Outcome{Kind: push.OutcomeRefused, Code: codeTransformation, Text: "the push can not be encoded for the air", Cause: err.Error()}
	}
	t.whole = smstx.Datagram{
		Payload: slices.Clip(pdu), Ports: wdp.Ports{Destination: wdp.PortPush, Source: wdp.PortWSP}, Reference: wdp.Reference{Wide: p.config.wide},
	}
	if total := t.whole.Len(); total > p.config.maxSegments {
		text := fmt.Sprintf("the push needs %d short messages, at most %d are sent", total, p.config.maxSegments)
		return nil, &push.Outcome{Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: text}
	}
	if refusal := p.cut(t, old, resumed, d.OtherTokens); refusal != nil {
		return nil, refusal
	}
	return t, nil
}

// tid is the WSP transaction id of a push (WAP-230 §8.2.1). A push that starts again has it again, so that its octets are the same: a
// terminal or an SMSC that drops what it has already must be able to tell.
func tid(t *delivery, old token, resumed bool) byte {
	if resumed {
		return old.tid
	}
	id := identityOf(t.pushID, t.message.Terminal)
	return id.tid()
}

// encode makes the WSP push of a message.
func encode(m push.Message, tid byte) ([]byte, error) {
	headers := make([]wsp.Header, len(m.Headers))
	for i, h := range m.Headers {
		headers[i] = wsp.Header{Name: h.Name, Value: h.Value}
	}
	return wsp.EncodePush(wsp.Push{TID: tid, ContentType: m.ContentType, Headers: wsp.AirHeaders(headers), Data: m.Body}, 0)
}

// cut says what the segments are. A push goes on under the reference of its token, if that is about these octets, whatever the mode
// is now; see begun. One that begins gets a reference that neither it nor any of the others has.
func (p *Plugin) cut(t *delivery, old token, resumed bool, others [][]byte) *push.Outcome {
	total, pdu := t.whole.Len(), t.whole.Payload
	sum := crc32.Update(crc32.ChecksumIEEE(pdu), crc32.IEEETable, []byte(p.config.source.Addr))
	if resumed && old.fits(p.config.wide, total, sum) && p.references.Reserve(t.message.Terminal, old.reference) {
		t.mode, t.progress = begun(old, p.config.mode), &progress{token: old, reported: p.elapsed()}
	} else if t.mode != delegate && (total > 1 || t.mode == receipts && p.config.registered) {
		reference, ok := p.references.Take(t.message.Terminal, inUse(old, others)...)
		if !ok {
			return &push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "every concatenation reference of the terminal is taken"}
		}
		t.progress = &progress{token: token{wide: p.config.wide, reference: reference, total: uint8(total), tid: pdu[0], sum: sum}}
		t.message.Held = total > 1 // until the token is on disk, so that a push never goes out under two references
	}
	if t.progress != nil {
		t.whole.Reference.Number = t.token.reference
	}
	t.message.Segments = &t.whole
	switch {
	case t.mode == delegate:
		t.message.Segments = undivided{&t.whole}
		t.message.Window = 0 // the SMSC is told it; its answer comes at the very end of it
		t.message.KeepMargin = true
		return nil
	case t.mode == receipts && t.progress != nil:
		t.token.store()
		t.token.stale(p.now())
		t.message.Through = t.token.taken()
		t.awaited = &awaited{delivery: t, place: -1}
	case t.progress != nil:
		t.token.through = t.token.throughAt(p.now())
		t.message.Through = t.token.through
	}
	t.message.Resends = p.config.resends
	// The terminal puts equal segments of one reference together once; a single message it would show twice.
	t.message.Resubmit = total > 1
	return nil
}

// begun is the mode in which a push goes on that has a token. What was given to an SMSC to store is waited for there, and nothing
// that was begun in segments is begun again as a whole, which the terminal would take for another message. Only the segments that
// are missing of a push that was begun in transaction mode are stored if that is the mode now: the SMSC may not know another.
func begun(old token, now mode) mode {
	switch {
	case old.stored != nil:
		return receipts
	case now == delegate:
		return integrated
	}
	return now
}

// undivided is a push that the SMSC cuts.
type undivided struct{ *smstx.Datagram }

// Len is part of smstx.Segments.
func (undivided) Len() int { return 1 }

// UserData is part of smstx.Segments.
func (u undivided) UserData(int) []byte { return u.Payload }

// report hands the token to the gateway.
func (p *Plugin) report(t *delivery) {
	t.reported, t.news = p.elapsed(), false
	t.reports++
	p.host.Progress(t.id, uint64(t.reports), t.token.octets())
}

// reportEvery is the shortest time between two tokens of a delivery, so that a push that goes well costs one write.
const reportEvery = time.Second

// keepUp keeps the token up with the segments that are through.
func (p *Plugin) keepUp(t *delivery, through smstx.Set) {
	if t.progress == nil {
		return
	}
	p.learn(t, through)
	if t.news && p.elapsed()-t.reported >= reportEvery {
		p.report(t)
	}
}

// learn puts into the token what is through.
func (p *Plugin) learn(t *delivery, through smstx.Set) {
	if through != t.token.through {
		t.token.through, t.token.at, t.news = through, p.now().Unix(), true
	}
}

// done is the end of a transaction.
func (p *Plugin) done(m *smstx.Message, r smstx.Result) {
	t := m.Value.(*delivery)
	if t.mode == receipts {
		p.submitted(t, r)
		return
	}
	o := esme.Outcome(r, m.Segments.Len())
	if t.progress != nil {
		p.learn(t, r.Through)
	}
	p.finish(t, o)
}

// finish gives a delivery its outcome.
func (p *Plugin) finish(t *delivery, o push.Outcome) {
	p.forget(t)
	if t.progress != nil && t.news && resumes(o) {
		p.report(t)
	}
	if p.log.IsDebug() {
		p.log.Debug("delivery ended", "push_id", t.pushID, "mode", t.mode.String(), "outcome", o.Kind, "cause", o.Cause)
	}
	p.host.Result(t.id, o)
}

// resumes says whether a push may be taken up again after this outcome.
func resumes(o push.Outcome) bool {
	return o.Kind == push.OutcomeUnknown || o.Kind == push.OutcomeUnreachable || o.Kind == push.OutcomeFailedForNow
}
