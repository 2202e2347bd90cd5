package subscriber

import (
	"context"

	"github.com/ppgbox/ppgbox/host/store"
)

// A writing gathers what a change of sessions means for the store, while memory is locked.
type writing struct {
	events []store.Event
	keys   []store.SessionKey
	puts   []put
}

// A put is a session as it was given to the store.
type put struct {
	session    uint32
	generation uint64
	puts       uint32
}

// put writes a session as it is now.
func (d *Directory) put(w *writing, i uint32) {
	x := d.sessions.all.at(i)
	x.puts++
	x.unwritten, x.stored = true, x.expires
	r := d.sessions.record(x)
	w.events = append(w.events, store.SessionPut{Session: r})
	w.keys = append(w.keys, r.SessionKey)
	w.puts = append(w.puts, put{i, x.generation, x.puts})
}

// remove takes a session out of memory, and its row, unless another is put in its place.
func (d *Directory) remove(w *writing, i uint32) {
	w.vacate(d.sessions.key(d.sessions.all.at(i)))
	d.sessions.remove(i)
}

// vacate removes a row.
func (w *writing) vacate(k store.SessionKey) {
	w.events = append(w.events, store.SessionRemoved{Key: k})
	w.keys = append(w.keys, k)
}

// write gives what was gathered to the store, in the order of the calls, and calls done once. The caller holds order.
func (d *Directory) write(w *writing, done func(error)) {
	d.o.Store.Commit(w.events, func(err error) {
		d.mu.Lock()
		for _, p := range w.puts {
			if x := d.sessions.all.at(p.session); err == nil && x.generation == p.generation && x.puts == p.puts {
				x.unwritten = false
			}
		}
		for _, k := range w.keys {
			if err == nil {
				delete(d.owed, k)
			} else if d.o.Sessions == 0 || len(d.owed) < 2*d.o.Sessions {
				d.owed[k] = true
			}
		}
		d.mu.Unlock()
		done(err)
	})
}

// settle makes a writing of the keys that are owed, a thousand at most, or of one that failed.
func (d *Directory) settle(w *writing, only *store.SessionKey) {
	keys := make([]store.SessionKey, 0, min(len(d.owed), 1000))
	if only != nil {
		if d.owed[*only] {
			keys = append(keys, *only)
		}
	} else {
		for k := range d.owed {
			if len(keys) == cap(keys) {
				break
			}
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if i := d.sessions.find(k); i != 0 {
			d.put(w, i)
		} else {
			w.vacate(k)
		}
	}
}

// wait writes and waits until it is on disk, or ctx ends: then it is written all the same. It gives order back in between.
func (d *Directory) wait(ctx context.Context, w *writing, unlock func()) error {
	if len(w.events) == 0 {
		unlock()
		return nil
	}
	answer := make(chan error, 1)
	d.write(w, func(err error) { answer <- err })
	unlock()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
