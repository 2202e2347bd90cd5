package dispatch

// A hold keeps every lane from going on while deliveries are loaded.
type hold struct {
	on    bool
	lanes []string // that wait for its end, in the order in which they came
}

// Hold lets nothing begin until release is called. What a store has is added under it: only when all deliveries to a terminal are
// there is it known which goes first, and what the others have begun.
func (d *Dispatcher) Hold() (release func()) {
	d.box.post(func() { d.hold.on = true })
	return func() { d.box.post(d.release) }
}

// keep notes a lane that would go on.
func (h *hold) keep(l *lane) {
	if !l.held {
		l.held = true
		h.lanes = append(h.lanes, l.name)
	}
}

// releasedAtOnce is how many lanes go on before others have their turn: some milliseconds.
const releasedAtOnce = 1000

// release lets the lanes go on that wait for it, some at a time.
func (d *Dispatcher) release() {
	n := min(len(d.hold.lanes), releasedAtOnce)
	turn := d.hold.lanes[:n]
	d.hold.lanes = d.hold.lanes[n:]
	d.hold.on = false
	for _, name := range turn {
		if l := d.lanes[name]; l != nil {
			l.held = false
			d.advance(l)
		}
	}
	if len(d.hold.lanes) > 0 {
		d.hold.on = true
		d.box.post(d.release)
		return
	}
	d.hold.lanes = nil
}
