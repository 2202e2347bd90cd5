package smpp

import (
	"math/rand/v2"
	"testing"
)

func TestSequenceWraps(t *testing.T) {
	o := newOutstanding()
	o.last, o.round = MaxSequence-2, true
	o.add(1, CommandSubmitSM, 0, 10, nil)
	o.add(MaxSequence, CommandSubmitSM, 0, 10, nil)
	o.rememberLate(3, CommandSubmitSM)
	for _, want := range []uint32{MaxSequence - 1, 2, 4, 5} {
		if got := o.nextSequence(); got != want {
			t.Fatalf("got %#x, want %#x", got, want)
		}
	}
}

func TestSequenceWrapsOnTheWire(t *testing.T) {
	s, p := dialPeer(t, Config{})
	s.mu.Lock()
	s.waiting.last = MaxSequence - 1
	s.mu.Unlock()
	r := make(results, 3)
	for _, want := range []uint32{MaxSequence, 1, 2} {
		r.send(t, s, submit("1"), 0)
		h, _ := p.read()
		if h.Sequence != want {
			t.Errorf("sequence %#x, want %#x", h.Sequence, want)
		}
		p.write(StatusOK, h.Sequence, &SubmitSMResp{})
		r.next(t)
	}
}

// The table against a plain map, over random steps: nothing expires early, late by more than the sweep, twice or never.
func TestOutstandingAgainstAModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	o := newOutstanding()
	model := make(map[uint32]int64)
	now := int64(0)
	for range 20000 {
		switch rnd.IntN(4) {
		case 0, 1:
			seq := o.nextSequence()
			expires := now + 1 + rnd.Int64N(3*wheelSlots)
			o.add(seq, CommandSubmitSM, 0, expires, func(Result) {})
			model[seq] = expires
		case 2:
			for seq := range model {
				if o.take(Header{Command: CommandSubmitSMResp, Sequence: seq}) == nil {
					t.Fatalf("%d is not there", seq)
				}
				delete(model, seq)
				break
			}
		case 3:
			now += rnd.Int64N(40)
			if rnd.IntN(200) == 0 {
				now += 5 * wheelSlots
			}
			for _, e := range o.sweep(now) {
				if expires, ok := model[e.sequence]; !ok || expires > now {
					t.Fatalf("%d expired at %d, was due at %d (%v)", e.sequence, now, expires, ok)
				}
				delete(model, e.sequence)
			}
			for seq, expires := range model {
				if expires <= now {
					t.Fatalf("%d was due at %d, is there at %d", seq, expires, now)
				}
			}
		}
		if len(o.bySequence) != len(model) {
			t.Fatalf("%d in the table, %d in the model", len(o.bySequence), len(model))
		}
	}
}

func TestLateIsBounded(t *testing.T) {
	o := newOutstanding()
	for seq := uint32(1); seq <= 3*maxLate; seq++ {
		o.rememberLate(seq, CommandSubmitSM)
	}
	if len(o.late) != maxLate || len(o.lateOrder) != maxLate {
		t.Errorf("%d and %d remembered", len(o.late), len(o.lateOrder))
	}
	if o.takeLate(Header{Command: CommandSubmitSMResp, Sequence: 2 * maxLate}) {
		t.Error("the oldest are not the ones forgotten")
	}
	if !o.takeLate(Header{Command: CommandSubmitSMResp, Sequence: 2*maxLate + 1}) {
		t.Error("one of the newest is forgotten")
	}
}
