package handset

import (
	"context"
	"math"
	"strconv"
	"testing"
	"time"
)

func sms(terminal, text string) shortMessage {
	return shortMessage{source: "1234", destination: terminal, userData: []byte(text)}
}

// At any time one SMS is on its way to a terminal, and others are not held up by it.
func TestOneAfterTheOther(t *testing.T) {
	got := newEvents()
	tries, release := make(chan Try), make(chan bool)
	loss := func(try Try) bool {
		tries <- try
		if try.Terminal == "1" {
			<-release
		}
		return false
	}
	ctx, cancel := context.WithCancel(t.Context())
	a := newAir(ctx, Radio{Loss: loss}, NewTerminals(got.add))
	defer a.running.Wait()
	defer cancel()
	done := make(chan string, 3)
	for _, m := range []shortMessage{sms("1", "a"), sms("1", "b"), sms("2", "c")} {
		if !a.send(flight{message: m, segment: 1, of: 1, most: 1, done: func(bool) { done <- string(m.userData) }}) {
			t.Fatal("not queued")
		}
	}
	for seen := map[string]int{}; len(seen) < 2; {
		try := <-tries
		seen[try.Terminal] = try.Nth
		if try.Nth != 1 {
			t.Fatalf("%+v is on its way beside its predecessor", try)
		}
	}
	if d := <-done; d != "c" {
		t.Fatalf("%q is done first", d)
	}
	release <- false
	if d := <-done; d != "a" {
		t.Fatalf("%q is done, want a", d)
	}
	if try := <-tries; try.Terminal != "1" || try.Nth != 2 {
		t.Errorf("then %+v", try)
	}
	release <- false
	<-done
}

func TestDelay(t *testing.T) {
	got := newEvents()
	a := newAir(t.Context(), Radio{Delay: 20 * time.Millisecond}, NewTerminals(got.add))
	begin := time.Now()
	a.send(flight{message: sms("1", "a"), most: 1})
	a.send(flight{message: sms("1", "b"), most: 1})
	a.running.Wait()
	if took := time.Since(begin); took < 40*time.Millisecond {
		t.Errorf("two SMS took %v", took)
	}
}

func TestEndLeavesUnanswered(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAir(ctx, Radio{Delay: time.Hour}, NewTerminals(newEvents().add))
	a.send(flight{message: sms("1", "a"), most: 1, done: func(bool) { t.Error("answered") }})
	cancel()
	a.running.Wait()
	if a.send(flight{message: sms("1", "a"), most: 1}) {
		t.Error("taken after the end")
	}
}

func TestQueueIsBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := newAir(ctx, Radio{Delay: time.Hour}, NewTerminals(newEvents().add))
	defer a.running.Wait()
	defer cancel()
	taken := 0
	for a.send(flight{message: sms("1", "a"), most: 1}) {
		taken++
	}
	if taken < maxQueued || taken > maxQueued+1 { // one may be on its way
		t.Errorf("%d were taken, the limit is %d", taken, maxQueued)
	}
}

func TestRandomLoss(t *testing.T) {
	count := func(l Loss, terminal string) (lost int, which [1000]bool) {
		for i := range which {
			which[i] = l(Try{Terminal: terminal, Nth: i + 1})
			if which[i] {
				lost++
			}
		}
		return lost, which
	}
	lost, first := count(RandomLoss(0.3, 1), "1")
	if lost < 250 || lost > 350 {
		t.Errorf("%d of 1000 lost, want some 300", lost)
	}
	if _, again := count(RandomLoss(0.3, 1), "1"); again != first {
		t.Error("the same seed loses others")
	}
	if _, other := count(RandomLoss(0.3, 2), "1"); other == first {
		t.Error("another seed loses the same")
	}
	if _, other := count(RandomLoss(0.3, 1), "2"); other == first {
		t.Error("another terminal loses the same")
	}
	if none, _ := count(RandomLoss(0, 1), "1"); none != 0 {
		t.Errorf("%d lost, want none", none)
	}
	if all, _ := count(RandomLoss(1, 1), "1"); all != 1000 {
		t.Errorf("%d lost, want all", all)
	}
}

// One try says nothing about the next, nor about how long it takes to know of the loss.
func TestTriesAreIndependent(t *testing.T) {
	const terminals, share = 40_000, 0.3
	short, long := 2*time.Second, 10*time.Second
	loss, delay := RandomLoss(share, 5), RandomDelay([]time.Duration{short, long}, 6)
	var lost, lostAgain, waits, waitsAgain int
	for i := range terminals {
		first := Try{Terminal: strconv.Itoa(3584000000 + i), Nth: 1}
		second := first
		second.Nth++
		if !loss(first) {
			continue
		}
		lost++
		if loss(second) {
			lostAgain++
		}
		if delay(first) == long {
			waits++
			if delay(second) == long {
				waitsAgain++
			}
		}
	}
	for _, tt := range []struct {
		name      string
		of, among int
		want      float64
	}{
		{"lost", lost, terminals, share},
		{"lost again", lostAgain, lost, share},
		{"long", waits, lost, 0.5},
		{"long again", waitsAgain, waits, 0.5},
	} {
		deviation := math.Sqrt(tt.want * (1 - tt.want) / float64(tt.among))
		if got := float64(tt.of) / float64(tt.among); math.Abs(got-tt.want) > 4*deviation {
			t.Errorf("%s: %.4f, want %v within %.4f", tt.name, got, tt.want, 4*deviation)
		}
	}
}

// A try that is lost takes its own time, and the terminal is taken meanwhile.
func TestLossDelay(t *testing.T) {
	got := newEvents()
	radio := Radio{Loss: func(t Try) bool { return t.Nth == 1 }, LossDelay: func(Try) time.Duration { return 40 * time.Millisecond }}
	a := newAir(t.Context(), radio, NewTerminals(got.add))
	begin := time.Now()
	a.send(flight{message: sms("1", "a"), most: 1})
	a.send(flight{message: sms("1", "b"), most: 1})
	if e := got.next(t, Lost); e.Time.Sub(begin) < 40*time.Millisecond {
		t.Errorf("lost after %v", e.Time.Sub(begin))
	}
	if e := got.next(t, Arrived); e.Time.Sub(begin) < 40*time.Millisecond {
		t.Errorf("the next one arrived after %v", e.Time.Sub(begin))
	}
	a.running.Wait()
}
