package dispatch

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

// Bearer is what stands at a bearer instance.
type Bearer struct {
	Instance string
	Used     bool   // by a policy
	Window   int    // deliveries that it takes at once
	Why      string // why the window is not larger, for operators; "" when all is well
	InFlight int    // deliveries that it has
	Queued   int    // deliveries that wait for a place
}

// errSilent: the dispatcher's goroutine has stopped, or does not get to a question in time.
var errSilent = errors.New("the dispatcher does not answer")

// Bearers returns the bearers that a policy uses or that had a delivery before, by name. It costs little, so it also serves to
// ask whether the dispatcher works at all: it is an error if no answer comes before the context ends.
func (d *Dispatcher) Bearers(ctx context.Context) ([]Bearer, error) {
	list := ask(ctx, d, func() []Bearer {
		used := d.policies.Bearers()
		for _, name := range used {
			d.bearerOf(name)
		}
		list := make([]Bearer, 0, len(d.bearers))
		for name, b := range d.bearers {
			_, isUsed := slices.BinarySearch(used, name)
			list = append(list, Bearer{
				Instance: name, Used: isUsed, Window: b.window, Why: b.why, InFlight: b.inFlight, Queued: b.queue.Len(),
			})
		}
		slices.SortFunc(list, func(a, b Bearer) int { return cmp.Compare(a.Instance, b.Instance) })
		return list
	})
	if list == nil {
		return nil, errSilent
	}
	return list, nil
}

// States counts the deliveries that are not final by where they are on their way: waiting (for their turn at the terminal),
// sleeping (until a time), encoding, routing, ready (for a place at a bearer), sent, overdue (sent, and asked to be given up),
// finished (the store does not have the result yet), left (for the next start). All states are there, also empty ones. One that
// is on its way to several terminals at once counts for each. It looks at every delivery: some milliseconds for 100,000. It is empty if no answer comes before the context ends.
func (d *Dispatcher) States(ctx context.Context) map[string]int {
	count := ask(ctx, d, func() *[len(stateNames)]int {
		var count [len(stateNames)]int
		for _, j := range d.jobs {
			if !j.several {
				count[j.state]++
				continue
			}
			for _, leg := range d.legsOf(j) {
				count[leg.state]++
			}
		}
		return &count
	})
	states := map[string]int{}
	if count != nil {
		for s, n := range count {
			states[stateNames[s]] = n
		}
	}
	return states
}

var stateNames = [...]string{
	waiting: "waiting", sleeping: "sleeping", encoding: "encoding", routing: "routing", ready: "ready", sent: "sent",
	overdue: "overdue", finished: "finished", left: "left",
}
