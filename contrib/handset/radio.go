package handset

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// Try is one SMS on its way over the radio.
type Try struct {
	Terminal string // its number
	Segment  int    // place in its message, from 1
	Of       int    // segments of the message
	Number   int    // how often this SMS was sent by now, from 1
	Nth      int    // how many SMS the radio has sent to this terminal by now, from 1
}

// Loss decides what the radio loses. It is called from several goroutines, for one terminal from one at a time.
type Loss func(Try) bool

// RandomLoss loses a share, from 0 to 1, of all tries. Which ones follows from the seed, the terminal's number and the count of what
// was sent to it, so that a run can be repeated whatever goes on at the same time.
func RandomLoss(share float64, seed uint64) Loss {
	return func(t Try) bool { return draw(t, seed).Float64() < share }
}

// RandomDelay is one of the delays for each try, equally often. Which one follows from the seed as in RandomLoss.
func RandomDelay(delays []time.Duration, seed uint64) func(Try) time.Duration {
	return func(t Try) time.Duration { return delays[draw(t, seed).IntN(len(delays))] }
}

// draw is chance that is the same in every run.
func draw(t Try, seed uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(t.Terminal))
	return rand.New(rand.NewPCG(seed, h.Sum64()+uint64(t.Nth)))
}

// Radio is what the way from SMSC to terminal is like. The zero Radio takes no time and loses nothing.
type Radio struct {
	// Delay is how long one SMS takes.
	Delay time.Duration
	// Loss is nil if nothing is lost. It is asked when a try begins.
	Loss Loss
	// LossDelay is how long a try takes that is lost, until that is known; nil: Delay. The terminal is taken all that time.
	LossDelay func(Try) time.Duration
}

// air sends SMS to terminals: to each one after the other, to all of them at the same time.
type air struct {
	Radio
	ctx       context.Context // its end ends what is on the way
	terminals *Terminals
	running   sync.WaitGroup

	mu      sync.Mutex
	queued  int
	numbers map[string]*number
}

// number is the way to one terminal.
type number struct {
	queue   []flight
	running bool
	sent    int            // of Try.Nth
	tries   map[string]int // of Try.Number, by user data, of what did not arrive yet
}

// flight is an SMS that waits for its turn.
type flight struct {
	message     shortMessage
	segment, of int
	most        int             // how often it is tried
	done        func(lost bool) // its end; nil if nobody waits for it
}

// What the emulator keeps in memory.
const (
	maxQueued  = 10_000  // SMS that wait for their turn
	maxNumbers = 100_000 // terminals whose counts are remembered
	maxTries   = 256     // SMS of a terminal that did not arrive
)

func newAir(ctx context.Context, r Radio, t *Terminals) *air {
	return &air{Radio: r, ctx: ctx, terminals: t, numbers: map[string]*number{}}
}

// send queues an SMS. It returns false, and nothing will happen, if too many wait.
func (a *air) send(f flight) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.queued >= maxQueued || a.ctx.Err() != nil {
		return false
	}
	a.queued++
	name := f.message.destination
	n := a.numbers[name]
	if n == nil {
		a.makeRoom()
		n = &number{tries: map[string]int{}}
		a.numbers[name] = n
	}
	n.queue = append(n.queue, f)
	if !n.running {
		n.running = true
		a.running.Go(func() { a.run(n) })
	}
	return true
}

// makeRoom forgets the terminals that nothing is sent to when there are too many. a.mu is held.
func (a *air) makeRoom() {
	if len(a.numbers) < maxNumbers {
		return
	}
	for name, n := range a.numbers {
		if !n.running {
			delete(a.numbers, name)
		}
	}
}

// run sends what waits for one terminal.
func (a *air) run(n *number) {
	for {
		a.mu.Lock()
		if len(n.queue) == 0 {
			n.running = false
			a.mu.Unlock()
			return
		}
		f := n.queue[0]
		n.queue = n.queue[1:]
		a.queued--
		a.mu.Unlock()
		lost := true
		for i := 0; i < f.most && lost && a.ctx.Err() == nil; i++ {
			lost = a.try(n, f)
		}
		if f.done != nil && a.ctx.Err() == nil { // at the end nobody can tell whether it would have arrived
			f.done(lost)
		}
	}
}

// try sends an SMS once and says whether it was lost. The count of tries is used by the terminal's goroutine only.
func (a *air) try(n *number, f flight) (lost bool) {
	key := string(f.message.userData)
	if len(n.tries) >= maxTries {
		clear(n.tries)
	}
	n.sent++
	n.tries[key]++
	t := Try{Terminal: f.message.destination, Segment: f.segment, Of: f.of, Number: n.tries[key], Nth: n.sent}
	takes := a.Delay
	if lost = a.Loss != nil && a.Loss(t); lost && a.LossDelay != nil {
		takes = a.LossDelay(t)
	}
	wait := time.NewTimer(takes)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-a.ctx.Done():
		return true
	}
	e := Event{Time: time.Now(), What: Arrived, From: f.message.source, To: f.message.destination, Try: t}
	if lost {
		e.What = Lost
		a.terminals.report(e)
		return true
	}
	delete(n.tries, key)
	a.terminals.report(e)
	a.terminals.receive(f.message)
	return false
}
