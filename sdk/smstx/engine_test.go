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
	a.engine.Release("nobody")
	a.expect()
	a.engine.Release("m")
	a.expect("m/1")
	a.engine.Release("m")
	a.answer("m/1", Through)
	a.expect("behind/1")
	a.message("early", "x", 1, func(m *Message) { m.Held = true })
	a.engine.Release("early") // before its turn
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
	a.engine.Release("older")
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
		"no segment":        {ID: "n", Terminal: "x"},
		"too many segments": {ID: "n", Terminal: "x", Segments: make([][]byte, MaxSegments+1)},
		"an id twice":       {ID: "m", Terminal: "y", Segments: make([][]byte, 1)},
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

func (l *answersWhileFull) Submit(s Segment, done func(Answer)) bool {
	switch {
	case l.first == nil:
		l.first = done
	case len(l.taken) == 1:
		l.taken = append(l.taken, "none")
		l.first(Answer{Verdict: Through})
		return false
	default:
		done(Answer{Verdict: Through})
	}
	l.taken = append(l.taken, s.Message.ID)
	return true
}

func TestPlaceComesBackWhileTheLinkSaysNo(t *testing.T) {
	l := &answersWhileFull{}
	e := New(Options{Link: l})
	var ended []string
	for _, id := range []string{"a", "b"} {
		if err := e.Add(&Message{ID: id, Terminal: id, Segments: make([][]byte, 1), Done: func(Result) { ended = append(ended, id) }}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(l.taken, []string{"a", "none", "b"}) || !slices.Equal(ended, []string{"a", "b"}) {
		t.Errorf("taken %q, ended %q", l.taken, ended)
	}
}
