package dispatch

import (
	"container/heap"
	"slices"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A bearer is what the dispatcher knows of one bearer instance: how many deliveries it takes at once, and who waits for it.
type bearer struct {
	instance string
	window   int
	why      string // the window is not larger, for operators; "" when all is well
	inFlight int
	queue    queue
}

func (d *Dispatcher) bearerOf(instance string) *bearer {
	b := d.bearers[instance]
	if b == nil {
		b = &bearer{instance: instance}
		d.bearers[instance] = b
	}
	return b
}

// pump sends what the bearer's window has room for.
func (d *Dispatcher) pump(b *bearer) {
	for b.inFlight < b.window && b.queue.Len() > 0 && !d.stopping {
		d.send(b, heap.Pop(&b.queue).(*job))
	}
}

// Result is the bearer's answer to a delivery. An answer for a delivery that is not at the bearer is dropped.
func (d *Dispatcher) Result(instance, id string, o push.Outcome) {
	d.box.post(func() {
		j := d.atBearer(id)
		if j == nil {
			d.opts.Log.Debug("a result came too late", plugin.LogInstance, instance, "id", id, "outcome", o.Kind)
			return
		}
		d.unfold(j)
		b := d.bearerOf(instance)
		b.inFlight--
		switch {
		case o.IsReturned():
			d.returned(j)
		case d.stopping && o.Kind == push.OutcomeUnknown && len(j.attempt.Token) > 0:
			d.leaveForNextStart(j) // its bearer knows by the token where it was
		default:
			d.ended(j, o)
		}
		d.pump(b)
	})
}

// Progress stores a token, and tells the bearer when it is on disk.
func (d *Dispatcher) Progress(instance, id string, number uint64, token []byte) {
	d.box.post(func() {
		j := d.atBearer(id)
		if j == nil {
			return
		}
		d.unfold(j)
		j.attempt.Token = token
		j.setBegun(len(token) > 0)
		d.storeToken(instance, id, number)
	})
}

// storeToken writes the open try of a delivery with its newest token, which is that of the number or a later one. Once the try
// has ended there is nothing to do: the token is written with its outcome, and must not make it open again.
func (d *Dispatcher) storeToken(instance, id string, number uint64) {
	j := d.atBearer(id)
	if j == nil {
		return
	}
	d.unfold(j)
	d.wakeAt(j, j.wake)
	open := *j.attempt
	open.Steps = slices.Clone(open.Steps)
	stored := func(written bool) {
		if written && d.atBearer(id) == j {
			d.opts.Plugins.Stored(instance, id, number)
		}
	}
	events := []store.Event{store.TokenReported{Delivery: j.id, Attempt: open}}
	d.commitAgain(events, stored, func() { d.storeToken(instance, id, number) })
}

// Event lets what sleeps before a retry go at once when its terminal is back.
func (d *Dispatcher) Event(instance string, e push.Event) {
	if e.Kind != push.EventReachable {
		return
	}
	d.box.post(func() {
		for _, name := range lanesOf(e.Terminal) {
			if l := d.lanes[name]; l != nil {
				d.wakeLane(l)
			}
		}
	})
}

// lanesOf are the lanes that pushes to a terminal may be in, by what it was told by.
func lanesOf(t push.Subscriber) (names []string) {
	if t.MSISDN != "" {
		names = append(names, push.Address{Type: push.PLMN, Value: "+" + string(t.MSISDN)}.String())
	}
	if t.IMSI != "" {
		names = append(names, "IMSI:"+string(t.IMSI))
	}
	if t.Address.Value != "" {
		names = append(names, t.Address.String())
	}
	return names
}

func (d *Dispatcher) wakeLane(l *lane) {
	now := d.opts.Clock.Elapsed()
	var awake []*job
	for _, j := range l.sleepers {
		if j.after <= now && l.busy != j {
			awake = append(awake, j)
		}
	}
	slices.SortFunc(awake, before)
	for _, j := range awake {
		d.arrive(j)
	}
}

// Window says how many deliveries the bearer takes at once from now on, and why not more.
func (d *Dispatcher) Window(instance string, n int, why string) {
	d.box.post(func() {
		b := d.bearerOf(instance)
		b.window, b.why = n, why
		d.pump(b)
	})
}
