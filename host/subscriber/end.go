package subscriber

import (
	"context"
	"time"
)

// endPortion is how many sessions go at a time when a GGSN ends all of its own.
const endPortion = 500

// mostEnds is for how many GGSNs without a session the last Accounting-On is remembered.
const mostEnds = 4096

// SessionsEnd says that a GGSN has no session any more that it had before a time (Accounting-On and -Off). They count as gone at once.
// They are removed in the background, and done is called when that is on disk, with their number, or with the error. A session that
// is told of later and began before that time is ignored.
func (d *Directory) SessionsEnd(ggsn string, at time.Time, done func(n int, err error)) {
	select {
	case <-d.closed:
		done(0, errClosed)
		return
	default:
	}
	d.order.Lock()
	generation := uint64(d.o.Store.NextIDs(1))
	d.mark(ggsn, end{d.happened(at), generation, d.stopped.count})
	d.ending.Add(1)
	d.order.Unlock()
	go func() {
		defer d.ending.Done()
		done(d.clear(ggsn))
	}()
}

func (d *Directory) mark(ggsn string, e end) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := &d.sessions.names
	i := n.find(ggsn)
	if n.list[i].end.generation == 0 {
		if d.marks < mostEnds {
			d.marks++
			i = n.use(ggsn) // and is never dropped
		} else if i == 0 {
			return
		}
	}
	// Of two within a second, the one that was told later counts.
	if old := n.list[i].end; old.generation == 0 || !later(old.at, e.at) {
		n.list[i].end = e
	}
}

// clear removes the sessions of a GGSN that are over. One clears at a time, so that who comes second answers after all is on disk.
func (d *Directory) clear(ggsn string) (n int, err error) {
	d.clearing.Lock()
	defer d.clearing.Unlock()
	for {
		select {
		case <-d.closed:
			return n, errClosed
		default:
		}
		d.order.Lock()
		w := d.portion(ggsn)
		if len(w.events) == 0 {
			d.order.Unlock()
			break
		}
		if err := d.wait(context.Background(), &w, d.order.Unlock); err != nil {
			return n, err
		}
		n += len(w.events)
	}
	for { // what failed before
		d.order.Lock()
		d.mu.Lock()
		var w writing
		d.settle(&w, nil)
		d.mu.Unlock()
		if len(w.events) == 0 {
			d.order.Unlock()
			return n, nil
		}
		if err := d.wait(context.Background(), &w, d.order.Unlock); err != nil {
			return n, err
		}
	}
}

// portion removes some of the sessions that are over. It looks for them with look-ups going on beside it, as there may be many that
// are not; the caller holds order.
func (d *Directory) portion(ggsn string) (w writing) {
	var over []uint32
	d.mu.RLock()
	id := d.sessions.names.find(ggsn)
	e := d.sessions.names.list[id].end
	for i := d.sessions.byGGSN.heads[id]; i != 0 && len(over) < endPortion; {
		x := d.sessions.all.at(i)
		if e.covers(x) {
			over = append(over, i)
		}
		i = x.links[listGGSN].next
	}
	d.mu.RUnlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range over {
		d.remove(&w, i)
	}
	return w
}
