package smstx

import (
	"slices"
	"testing"
	"time"
)

func TestSegmentsGoOneAfterTheOther(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 3)
	a.expect("m/1+")
	a.answer("m/1", Through)
	a.expect("m/2+")
	a.answer("m/2", Through)
	a.expect("m/3")
	a.open("m")
	a.answer("m/3", Through)
	if r := a.ended("m", Complete); r.Through != set(1, 2, 3) || r.Uncertain {
		t.Errorf("result %+v", r)
	}
	a.empty()
}

func TestTemporaryFailureIsSentAgainWithGrowingPause(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 2)
	a.message("other", "y", 1)
	a.expect("m/1+", "other/1")
	for _, pause := range []time.Duration{200, 400, 800, 1600, 3200, 5000, 5000} {
		a.answer("m/1", Temporary)
		a.pass(pause*time.Millisecond - 1)
		a.expect()
		a.pass(1)
		a.expect("m/1+")
	}
	a.answer("m/1", Through) // and the next segment begins with a short pause
	a.expect("m/2")
	a.answer("m/2", Temporary)
	a.pass(200 * time.Millisecond)
	a.expect("m/2")
	a.answer("m/2", Through)
	a.ended("m", Complete)
	a.answer("other/1", Through)
	a.empty()
}

// The pause counts from the submission: what took longer to fail goes again at once, and what took a part of it waits for the rest.
func TestPauseCountsFromTheSubmission(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 1)
	a.expect("m/1")
	a.pass(10 * time.Second)
	a.answer("m/1", Temporary)
	a.expect("m/1")
	a.pass(300 * time.Millisecond)
	a.answer("m/1", Temporary) // the second in a row: 400 ms
	a.pass(100*time.Millisecond - 1)
	a.expect()
	a.pass(1)
	a.expect("m/1")
	a.answer("m/1", Through)
	a.ended("m", Complete)
	a.empty()
}

func TestPermanentFailureEndsAtOnce(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 3)
	a.answer("m/1", Through)
	a.answerErr("m/2", Permanent, errNetwork)
	if r := a.ended("m", Refused); r.Through != set(1) || r.Last != (Answer{Permanent, errNetwork}) || r.Uncertain {
		t.Errorf("result %+v", r)
	}
	a.pass(time.Hour)
	a.expect("m/1+", "m/2+")
	a.empty()
}

func TestWindowEndSaysWhatIsThrough(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 3, func(m *Message) { m.Window = time.Second })
	a.answer("m/1", Through)
	a.answerErr("m/2", Temporary, errNetwork)
	a.pass(200 * time.Millisecond)
	a.answerErr("m/2", Temporary, errNetwork)
	a.pass(800*time.Millisecond - 1)
	a.open("m")
	a.answerErr("m/2", Temporary, errNetwork)
	a.pass(1)
	if r := a.ended("m", WindowOver); r.Through != set(1) || r.Last.Err != errNetwork || r.Uncertain {
		t.Errorf("result %+v", r)
	}
	a.empty()
}

func TestWindowBeginsWithTheFirstSegment(t *testing.T) {
	a := newAir(t)
	a.places = 0
	a.message("m", "x", 1, func(m *Message) { m.Window, m.Deadline = time.Second, time.Minute })
	a.pass(30 * time.Second)
	a.open("m")
	a.places = 1
	a.engine.Ready()
	a.expect("m/1")
	a.pass(time.Second - 1)
	a.open("m")
	a.pass(1)
	a.ended("m", WindowOver)
}

func TestDeadlineRunsFromAdd(t *testing.T) {
	a := newAir(t)
	a.places = 0
	a.message("m", "x", 1, func(m *Message) { m.Window, m.Deadline = time.Second, time.Minute })
	a.message("behind", "x", 1, func(m *Message) { m.Deadline = 2 * time.Minute })
	a.pass(time.Minute)
	if r := a.ended("m", WindowOver); r.Uncertain || r.Last.Err != nil {
		t.Errorf("result %+v", r)
	}
	a.pass(time.Minute)
	a.ended("behind", WindowOver)
	a.expect()
	a.empty()
}

func TestOneMessageToATerminalAtATime(t *testing.T) {
	a := newAir(t)
	a.message("first", "x", 2)
	a.message("second", "x", 2)
	a.message("urgent", "x", 1, func(m *Message) { m.Priority = 1 })
	a.expect("first/1+")
	a.answer("first/1", Temporary) // a pause lets nobody in between
	a.expect()
	a.pass(200 * time.Millisecond)
	a.answer("first/1", Through)
	a.answer("first/2", Through)
	a.answer("urgent/1", Through)
	a.answer("second/1", Through)
	a.answer("second/2", Through)
	a.expect("first/1+", "first/2", "urgent/1", "second/1+", "second/2")
	a.empty()
}

func TestTerminalIsTakenUntilTheAnswer(t *testing.T) {
	a := newAir(t)
	a.message("late", "x", 2, func(m *Message) { m.Window = time.Second })
	a.message("next", "x", 1)
	a.expect("late/1+")
	a.pass(time.Second)
	a.ended("late", WindowOver)
	a.expect() // what is on the air may still reach the terminal
	a.answer("late/1", Through)
	a.expect("next/1")
	a.answer("next/1", Through)
	a.empty()
}

func TestGoesOnWithMissingSegments(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 4, func(m *Message) { m.Through = set(1, 3) })
	a.answer("m/2", Through)
	a.answer("m/4", Through)
	a.expect("m/2+", "m/4")
	a.ended("m", Complete)
	a.message("whole", "x", 2, func(m *Message) { m.Through = set(1, 2) })
	a.ended("whole", Complete)
	a.expect()
	a.empty()
}

func TestHeldUntilReleased(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 1, func(m *Message) { m.Held = true })
	a.message("behind", "x", 1)
	a.engine.Release(&Message{})
	a.expect()
	a.engine.Release(a.held["m"])
	a.expect("m/1")
	a.engine.Release(a.held["m"])
	a.answer("m/1", Through)
	a.expect("behind/1")
	a.message("early", "x", 1, func(m *Message) { m.Held = true })
	a.engine.Release(a.held["early"]) // before its turn
	a.answer("behind/1", Through)
	a.expect("early/1")
	a.answer("early/1", Through)
	a.message("lost", "x", 1, func(m *Message) { m.Held, m.Deadline = true, time.Second })
	a.pass(time.Second)
	a.ended("lost", WindowOver)
	a.empty()
}

func TestPlacesGoByPriorityThenToWhatHasBegun(t *testing.T) {
	a := newAir(t)
	a.places = 1
	a.message("a", "a", 2)
	a.message("b", "b", 1)
	a.message("low", "c", 1, func(m *Message) { m.Priority = -1 })
	a.message("high", "d", 1, func(m *Message) { m.Priority = 1 })
	a.expect("a/1+")
	a.answer("a/1", Through)
	a.answer("high/1", Through)
	a.answer("a/2", Through)
	a.answer("b/1", Through)
	a.answer("low/1", Through)
	a.expect("high/1", "a/2", "b/1", "low/1")
	a.empty()
}

// A terminal that has some segments gets the next one before another terminal its first.
func TestWhatHasBegunGoesFirst(t *testing.T) {
	a := newAir(t)
	a.places = 1
	a.message("older", "a", 1, func(m *Message) { m.Held = true })
	a.message("begun", "b", 2)
	a.engine.Release(a.held["older"])
	a.answer("begun/1", Through)
	a.answer("begun/2", Through)
	a.answer("older/1", Through)
	a.expect("begun/1+", "begun/2", "older/1")
	a.empty()
}

func TestBusyWaitsForThePlaceAndNotForAPause(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 1)
	a.expect("m/1")
	a.places = -1 // no place after the answer
	a.answerErr("m/1", Busy, errNetwork)
	a.expect()
	a.pass(time.Second)
	a.expect()
	a.places = 1
	a.engine.Ready()
	a.expect("m/1")
	a.answer("m/1", Through)
	a.ended("m", Complete)
	a.empty()
}

func TestWake(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 1)
	for range 4 {
		a.answer("m/1", Temporary)
		a.pass(2 * time.Second)
	}
	a.answer("m/1", Temporary)
	a.said = nil
	a.engine.Wake("y")
	a.expect()
	a.engine.Wake("x")
	a.expect("m/1")
	a.engine.Wake("x")
	a.expect()
	a.answer("m/1", Temporary) // and the pauses begin anew
	a.pass(200 * time.Millisecond)
	a.expect("m/1")
	a.answer("m/1", Through)
	a.empty()
}

func TestOnlyTheFirstAnswerCounts(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 2)
	first := a.sent[0].done
	a.answer("m/1", Temporary)
	first(Answer{Verdict: Through})
	a.pass(200 * time.Millisecond)
	first(Answer{Verdict: Permanent})
	a.expect("m/1+", "m/1+")
	a.answer("m/1", Through)
	a.answer("m/2", Through)
	first(Answer{Verdict: Permanent})
	a.ended("m", Complete)
	a.empty()
}

func TestAddRefuses(t *testing.T) {
	a := newAir(t)
	a.message("m", "x", 1)
	for name, m := range map[string]*Message{
		"nothing":           {Terminal: "x"},
		"no segment":        {Terminal: "x", Segments: Octets{}},
		"too many segments": {Terminal: "x", Segments: make(Octets, MaxSegments+1)},
	} {
		if err := a.engine.Add(m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	a.message("most", "y", MaxSegments)
	for range MaxSegments {
		a.answer(a.sent[len(a.sent)-1].name, Through)
	}
	a.ended("most", Complete)
}

// answersWhileFull has one place, and gets it back while it says that it has none.
type answersWhileFull struct {
	first func(Answer)
	taken []string
}

func (l *answersWhileFull) Submit(s Segment) bool {
	switch {
	case l.first == nil:
		l.first = s.Answered
	case len(l.taken) == 1:
		l.taken = append(l.taken, "none")
		l.first(Answer{Verdict: Through})
		return false
	default:
		s.Answered(Answer{Verdict: Through})
	}
	l.taken = append(l.taken, s.Message.Terminal)
	return true
}

func TestPlaceComesBackWhileTheLinkSaysNo(t *testing.T) {
	l := &answersWhileFull{}
	e := New(Options{Link: l})
	var ended []string
	for _, id := range []string{"a", "b"} {
		if err := e.Add(&Message{Terminal: id, Segments: make(Octets, 1), Done: func(*Message, Result) { ended = append(ended, id) }}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(l.taken, []string{"a", "none", "b"}) || !slices.Equal(ended, []string{"a", "b"}) {
		t.Errorf("taken %q, ended %q", l.taken, ended)
	}
}

func TestResendsAreCounted(t *testing.T) {
	for _, tt := range []struct {
		name    string
		resends int32
		answers []Verdict // to the segments in turn, each after the pause
		end     End
		unsure  bool
	}{
		{"none allowed", -1, []Verdict{Temporary}, Spent, false},
		{"none allowed, the second segment", -1, []Verdict{Through, Temporary}, Spent, false},
		{"two allowed, through with them", 2, []Verdict{Temporary, Through, Temporary, Through}, Complete, false},
		{"two allowed, a third needed", 2, []Verdict{Temporary, Through, Temporary, Temporary}, Spent, false},
		{"a segment that never left does not count", -1, []Verdict{Busy, Busy, Through, Through}, Complete, false},
		{"no answer counts", 1, []Verdict{Through, Temporary, NoAnswer}, Spent, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAir(t)
			a.message("m", "x", 2, func(m *Message) { m.Resends, m.Resubmit, m.Window = tt.resends, true, 0 })
			for _, v := range tt.answers {
				a.open("m")
				a.answer(a.sent[0].name, v)
				a.pass(time.Second)
			}
			if r := a.ended("m", tt.end); r.Uncertain != tt.unsure {
				t.Errorf("result %+v", r)
			}
			a.empty()
		})
	}
}

// narrow has places by way.
type narrow struct {
	*air
	free map[uint64]int
}

func (n narrow) Submit(s Segment) bool {
	if n.free[s.Message.Way] == 0 {
		return false
	}
	n.free[s.Message.Way]--
	return n.air.Submit(s)
}

// A way without places does not stop the others.
func TestWays(t *testing.T) {
	a := newAir(t)
	n := narrow{a, map[uint64]int{1: 1, 2: 3}}
	a.engine = New(Options{Link: n, Clock: a})
	over := func(way uint64, priority int8) func(*Message) {
		return func(m *Message) { m.Way, m.Priority = way, priority }
	}
	a.message("a", "a", 1, over(1, 0))
	a.message("b", "b", 1, over(1, 1))
	a.message("c", "c", 1, over(2, 0))
	a.message("d", "d", 1, over(1, 0))
	a.message("e", "e", 1, over(2, 0))
	a.expect("a/1", "c/1", "e/1")
	n.free[1], n.free[2] = 2, 0
	a.message("f", "f", 1, over(2, 9))
	a.engine.Ready()
	a.expect("b/1", "d/1")
	n.free[2] = 1
	a.engine.Cancel(a.held["f"])
	a.ended("f", Cancelled)
	a.engine.Ready()
	a.expect()
}

func TestSet(t *testing.T) {
	s := set(9, 1)
	if s != set(1, 9) || s == set(1) || s.Len() != 2 || !s.Has(0) || !s.Has(8) || s.Has(1) || s.Has(200) {
		t.Errorf("set %+v", s)
	}
	if got := s.Octets(3); !slices.Equal(got, []byte{1, 1, 0}) || SetOf(got) != s || SetOf([]byte{0, 0}) != (Set{}) {
		t.Errorf("octets % x", got)
	}
}
