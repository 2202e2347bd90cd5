package dispatch

import (
	"bytes"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// foldAfter is how long a job keeps its papers open while nothing is done with it. Then they are folded into a few hundred octets
// without a pointer: very many deliveries may wait for a bearer that does not answer, and both their memory and the work of the
// garbage collector are to be small. Ordinary deliveries have come to their end before.
const foldAfter = time.Second

// foldsAtOnce is how many jobs are folded before others have their turn: some milliseconds.
const foldsAtOnce = 1000

// foldDue folds jobs that have been young for long enough, and gives each its place among the timers. It reports whether there
// are more.
func (d *Dispatcher) foldDue(now time.Duration) (more bool) {
	for n := 0; d.young.first() <= now; n++ {
		if n == foldsAtOnce {
			return true
		}
		j := d.young.root.next.job
		j.young.remove()
		d.setTimer(j)
		switch j.state {
		case waiting, sleeping, ready, sent, overdue:
			d.fold(j)
		}
	}
	return false
}

// fold puts the job's papers away.
func (d *Dispatcher) fold(j *job) {
	p := packer{to: d.scratch[:0], names: &d.names, lane: j.lane.name}
	if j.content.shared {
		j.common = &sharedContent{j.content, j.encoding}
	} else {
		p.content(j.content, j.encoding, j.several)
	}
	p.papers(j.papers)
	j.folded, j.papers = bytes.Clone(p.to), nil
	d.scratch = p.to
	j.plan = d.onePlan(j.plan)
}

// unfold takes the job's papers out again. Whoever does has to set the job's timer, too, if the job goes on waiting.
func (d *Dispatcher) unfold(j *job) {
	if j.papers != nil {
		return
	}
	j.papers = d.papersOf(j)
	j.folded, j.common = nil, nil
}

// papersOf are the job's papers, to be read.
func (d *Dispatcher) papersOf(j *job) *papers {
	if j.papers != nil {
		return j.papers
	}
	u := unpacker{from: j.folded, names: &d.names, lane: j.lane.name}
	p := &papers{}
	if j.common != nil {
		p.content, p.encoding = j.common.content, j.common.encoding
	} else {
		p.content, p.encoding = u.content()
	}
	u.papers(p)
	p.delivery.ID, p.delivery.Push = j.id, p.content.push.ID
	return p
}

// content writes what a job has for itself alone. Once it is encoded, what it was encoded from is not needed any more, since every
// further try sends the same octets; but another terminal may need others.
func (p *packer) content(c *content, e *encodingOf, others bool) {
	p.push(c.push, e == nil || others)
	p.name(c.application)
	p.number(c.size)
	p.flag(e != nil)
	if e == nil {
		return
	}
	p.name(e.encoder)
	p.message(e.message, true)
	p.name(e.says)
	p.number(len(e.inputs))
	for _, in := range e.inputs {
		p.name(string(in.Name))
		p.octets(in.Value)
	}
}

func (u *unpacker) content() (c *content, e *encodingOf) {
	c = &content{push: u.push(), application: u.text(), size: u.number()}
	if !u.flag() {
		return c, nil
	}
	e = &encodingOf{done: true, encoder: u.text(), message: u.message(), says: u.text()}
	for range u.number() {
		e.inputs = append(e.inputs, push.InputValue{Name: push.Input(u.text()), Value: u.octets()})
	}
	c.encodings = []*encodingOf{e}
	return c, e
}

func (p *packer) papers(j *papers) {
	p.address(j.delivery.Address)
	p.text(j.delivery.AddressText)
	p.subscriber(j.terminal)
	p.flag(j.attempt != nil)
	if j.attempt != nil {
		p.attempt(j.attempt)
	}
	p.number(len(j.unwritten))
	for i := range j.unwritten {
		p.attempt(&j.unwritten[i])
	}
	p.flag(j.stay)
	p.number(j.returns)
	p.number(j.steps)
	p.number(j.strategy)
	p.route(j.route)
	p.number(int(j.asked))
}

// The delivery comes back without the attempts that it was loaded with, which were looked at when the job was made.
func (u *unpacker) papers(j *papers) {
	j.delivery = &store.Delivery{
		Address: u.address(), AddressText: u.text(), Lane: u.lane, Result: store.Result{State: store.Pending},
	}
	j.terminal = u.subscriber()
	if u.flag() {
		j.attempt = u.attempt()
	}
	for range u.number() {
		j.unwritten = append(j.unwritten, *u.attempt())
	}
	j.stay = u.flag()
	j.returns, j.steps, j.strategy = u.number(), u.number(), u.number()
	j.route = u.route()
	j.asked = time.Duration(u.number())
}

// A planKey tells plans apart that are a whole policy.
type planKey struct {
	policy  *policy.Policy
	encoder string
}

// onePlan returns the plan itself or an equal one: nearly all jobs follow one of very few.
func (d *Dispatcher) onePlan(p *policy.Plan) *policy.Plan {
	if p == nil || len(p.Skipped) > 0 || len(p.Attempts) == 0 || &p.Attempts[0] != &p.Policy.Attempts[0] {
		return p
	}
	key := planKey{p.Policy, p.Encoder}
	if known := d.plans[key]; known != nil {
		return known
	}
	d.plans[key] = p
	return p
}

// young is a job's place in the list of those that are not folded yet.
type young struct {
	job        *job
	until      time.Duration
	prev, next *young
}

// A youngList has the jobs in the order in which they may be folded, which is the order in which they came: whatever comes and
// goes within foldAfter has no place in the heap of timers.
type youngList struct{ root *young }

func newYoungList() youngList {
	root := &young{}
	root.prev, root.next = root, root
	return youngList{root}
}

// first is when the first one may be folded, or never.
func (l youngList) first() time.Duration {
	if l.root.next == l.root {
		return never
	}
	return l.root.next.until
}

func (l youngList) add(j *job, until time.Duration) {
	y := &j.papers.young
	*y = young{job: j, until: until, prev: l.root.prev, next: l.root}
	y.prev.next, y.next.prev = y, y
}

func (y *young) isIn() bool { return y.next != nil }

func (y *young) remove() {
	y.prev.next, y.next.prev = y.next, y.prev
	*y = young{}
}
