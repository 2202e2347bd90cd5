package pluginhost

import (
	"context"
	"testing"
	"time"
)

func TestFlight(t *testing.T) {
	var f flight
	first, ok := f.add()
	if !ok || !f.addDelivery("a") {
		t.Error("an open flight takes nothing")
	}
	f.done(first)
	f.close()
	f.close()
	if _, ok := f.add(); ok || f.addDelivery("b") {
		t.Error("a closed flight takes more")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n := f.wait(ctx); n != 1 {
		t.Errorf("%d are left", n)
	}
	f.done(f.delivery("nobody"))
	f.done(f.delivery("a"))
	if n := f.wait(context.Background()); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// A delivery may be handed over again under its id from within its result, before it is done.
func TestFlightTakesAnIDAgain(t *testing.T) {
	var f flight
	f.addDelivery("a")
	f.addDelivery("a") // a mistake, which has one result
	i := f.delivery("a")
	f.addDelivery("a")
	f.done(i)
	if n, _ := f.look(); n != 1 {
		t.Errorf("%d are open, want the second of the id", n)
	}
	f.done(f.delivery("a"))
	if n, oldest := f.look(); n != 0 || !oldest.IsZero() {
		t.Errorf("%d are open, since %s", n, oldest)
	}
}

func TestFlightKnowsTheOldest(t *testing.T) {
	var f flight
	before := time.Now()
	a, _ := f.add()
	between := time.Now()
	f.addDelivery("b")
	if _, oldest := f.look(); oldest.Before(before) || oldest.After(between) {
		t.Errorf("the oldest is of %s, not between %s and %s", oldest, before, between)
	}
	f.done(a)
	if _, oldest := f.look(); oldest.Before(between) {
		t.Errorf("then the oldest is of %s, before %s", oldest, between)
	}
}
