package faults

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
)

// A message is what the gateway has put on the air under one reference for one terminal, or as one SMS.
type message struct {
	to        string
	reference int
	parts     []string        // payload by place
	copies    [][]*submission // by place, in order
	push      *sent
}

// first is when the first SMS of the message was submitted.
func (m *message) first() time.Time {
	var at time.Time
	for _, list := range m.copies {
		if len(list) > 0 && (at.IsZero() || list[0].at.Before(at)) {
			at = list[0].at
		}
	}
	return at
}

// through is when the gateway was told that all SMS of the message have arrived, zero if it never was.
func (m *message) through() time.Time {
	var through time.Time
	for _, list := range m.copies {
		var at time.Time
		for _, s := range list {
			if !s.answered.IsZero() && s.status == 0 && (at.IsZero() || s.answered.Before(at)) {
				at = s.answered
			}
		}
		if at.IsZero() {
			return at
		}
		if at.After(through) {
			through = at
		}
	}
	return through
}

// messages puts the submissions together, by code of its own.
func (r *run) messages(v *verdict) []*message {
	r.link.air.mu.Lock()
	for _, s := range r.link.air.strange {
		v.Garbled++
		v.complain("no SMPP on the link: %x", s)
	}
	r.link.air.mu.Unlock()
	byHref := map[string]*sent{}
	for _, s := range r.burst.pushes {
		byHref[s.href()] = s
	}
	known := map[string]*message{}
	var all []*message
	for _, s := range r.link.air.submissions() {
		p, ok := readPart(s.data)
		if !ok || p.number < 1 || p.number > p.of {
			v.Garbled++
			v.complain("an SMS to %s whose header can not be read: %x", s.to, s.data)
			continue
		}
		key := fmt.Sprintf("%s %d %d", s.to, p.reference, p.of)
		if p.reference < 0 && p.payload != "" {
			// All of it but the transaction id (WAP-230 §8.2.1), which is another when a push of one SMS is sent again.
			p.payload = p.payload[1:]
			key = s.to + " " + p.payload
		}
		m := known[key]
		if m == nil {
			m = &message{to: s.to, reference: p.reference, parts: make([]string, p.of), copies: make([][]*submission, p.of)}
			known[key] = m
			all = append(all, m)
		}
		i := p.number - 1
		if len(m.copies[i]) > 0 && m.parts[i] != p.payload {
			// References come again. A terminal takes it for another message, unless it still waits for parts of the one before.
			if through := m.through(); through.IsZero() || through.After(s.at) {
				v.Garbled++
				v.complain("reference %d to %s was given to another message before the one before was through", p.reference, s.to)
			}
			v.reused++
			m = &message{to: s.to, reference: p.reference, parts: make([]string, p.of), copies: make([][]*submission, p.of)}
			known[key] = m
			all = append(all, m)
		}
		m.parts[i] = p.payload
		m.copies[i] = append(m.copies[i], s)
	}
	for _, m := range all {
		m.push = find(m, byHref)
	}
	return all
}

// find returns the push that a message is, nil if it is incomplete or none.
func find(m *message, byHref map[string]*sent) *sent {
	if slices.ContainsFunc(m.copies, func(list []*submission) bool { return len(list) == 0 }) {
		return nil
	}
	pdu := strings.Join(m.parts, "")
	if m.reference < 0 {
		pdu = "\x00" + pdu // any transaction id
	}
	content, err := handset.Decode([]byte(pdu))
	if err != nil {
		return nil
	}
	link := content.Link
	if plain, err := url.PathUnescape(link); err == nil {
		link = plain
	}
	return byHref[link]
}

// judgeAir: what was on the air twice was so under the same reference, and because an answer was lost.
func (r *run) judgeAir(v *verdict) {
	of := map[string][]*message{}
	for _, m := range r.messages(v) {
		if m.push == nil {
			v.Garbled++
			v.complain("reference %d to %s is no push, or was given up with segments missing", m.reference, m.to)
			continue
		}
		if of[m.push.id] = append(of[m.push.id], m); len(of[m.push.id]) > 1 {
			v.complain("%s was sent under the references %d and %d", m.push.id, of[m.push.id][0].reference, m.reference)
		}
		r.judgeCopies(v, m)
	}
}

// judgeCopies looks at every SMS of a message that was submitted again.
func (r *run) judgeCopies(v *verdict, m *message) {
	reported := r.reported(m.push)
	through := m.through()
	for _, list := range m.copies {
		for i, again := range list {
			if i == 0 {
				continue
			}
			v.Duplicates++
			first := list[0].at
			switch {
			case !reported.IsZero() && again.at.After(reported):
				v.complain("%s was sent again after its result was reported", m.push.id)
			case m.unanswered(again.at):
			case r.interrupted(first, through, again.at):
			default:
				v.complain("%s was sent again though no answer was lost", m.push.id)
			}
		}
	}
}

// reported is when the initiator was first told the result, zero if never.
func (r *run) reported(s *sent) time.Time {
	r.pi.mu.Lock()
	defer r.pi.mu.Unlock()
	if list := r.pi.of[s.id]; len(list) > 0 {
		return list[0].at
	}
	return time.Time{}
}

// unanswered reports whether the last copy of an SMS of the message was one to submit again.
func (m *message) unanswered(before time.Time) bool {
	for _, list := range m.copies {
		for i, s := range list {
			last := i == len(list)-1 || !list[i+1].at.Before(before)
			if last && s.at.Before(before) && s.mayRepeat(before) {
				return true
			}
		}
	}
	return false
}

// interrupted reports whether host or bearer was killed between the first time and the next, before it could have recorded that
// the message was through.
func (r *run) interrupted(first, through, again time.Time) bool {
	for _, w := range slices.Concat(r.hostFaults, r.smsFaults) {
		if first.Before(w.to) && again.After(w.from) && (through.IsZero() || through.After(w.from.Add(-pipeline))) {
			return true
		}
	}
	return false
}

// judgeOrder: pushes to one terminal are first tried in the order in which they were accepted. From outside only what came on
// the air is seen; where that is another order, the gateway's own trace has to show that the first tries were in order, and the
// earlier push waited for a retry.
func (r *run) judgeOrder(v *verdict, shown map[string][]screen) {
	onAir := map[string]time.Time{}
	for _, m := range r.messages(&verdict{}) {
		if m.push != nil && (onAir[m.push.id].IsZero() || m.first().Before(onAir[m.push.id])) {
			onAir[m.push.id] = m.first()
		}
	}
	to := map[string][]*sent{}
	for _, s := range r.burst.pushes {
		if s.online() && len(shown[s.id]) > 0 {
			onAir[s.id] = shown[s.id][0].at
		}
		if !onAir[s.id].IsZero() {
			to[s.to] = append(to[s.to], s)
		}
	}
	for _, list := range to {
		slices.SortFunc(list, func(a, b *sent) int { return cmp.Compare(a.n, b.n) })
		latest := list[0]
		for _, s := range list[1:] {
			if !onAir[s.id].Before(onAir[latest.id]) {
				latest = s
				continue
			}
			v.overtaken++
			early, err := r.firstTry(latest.id)
			late, err2 := r.firstTry(s.id)
			if err != nil || err2 != nil || late.Before(early) {
				v.complain("%s was first tried before %s, which was accepted earlier for %s (%v, %v)", s.id, latest.id, s.to, err, err2)
			}
		}
	}
}

// firstTry asks the gateway when a push was first tried.
func (r *run) firstTry(id string) (time.Time, error) {
	var list []struct {
		Deliveries []struct {
			Attempts []struct {
				Number  int
				Started time.Time
			}
		}
	}
	if err := r.get("/v1/pushes?push-id="+url.QueryEscape(id), &list); err != nil {
		return time.Time{}, err
	}
	for _, p := range list {
		for _, d := range p.Deliveries {
			for _, a := range d.Attempts {
				if a.Number == 1 {
					return a.Started, nil
				}
			}
		}
	}
	return time.Time{}, fmt.Errorf("%s has no first attempt", id)
}
