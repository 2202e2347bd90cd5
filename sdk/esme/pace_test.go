package esme

import (
	"testing"
	"time"
)

func TestPaceSlowsDownAndRecovers(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPace(8, 0)
	var epochs []int
	for range 8 {
		epochs = append(epochs, p.take(now))
	}
	if n, again := p.free(now); n != 0 || again != 0 {
		t.Errorf("%d places, again after %v, in a full window", n, again)
	}
	for _, e := range epochs {
		p.give(now, e, true, true) // only the first counts
	}
	if n, again := p.free(now); n != 0 || again != firstPause {
		t.Errorf("%d places, again after %v, in a pause", n, again)
	}
	now = now.Add(firstPause)
	if n, _ := p.free(now); n != 4 {
		t.Errorf("%d places after the pause, want half", n)
	}
	for want := 2 * firstPause; want < 2*mostPause; want *= 2 {
		p.give(now, p.take(now), true, true)
		if _, again := p.free(now); again != min(want, mostPause) {
			t.Errorf("pause of %v, want %v", again, min(want, mostPause))
		}
		now = p.until
	}
	if n, _ := p.free(now); n != 1 {
		t.Errorf("%d places, want at least and at most 1", n)
	}
	for want := 2; want < 12; want++ {
		p.give(now, p.take(now), false, true)
		if n, _ := p.free(now); n != min(want, 8) {
			t.Errorf("%d places, want %d", n, min(want, 8))
		}
	}
	p.give(now, p.take(now), true, true)
	if _, again := p.free(now); again != firstPause {
		t.Errorf("pause of %v after it had recovered", again)
	}
}

func TestPaceRate(t *testing.T) {
	now := time.Unix(0, 0)
	p := newPace(100, 20) // a tenth of a second at once: 2
	for range 2 {
		if n, _ := p.free(now); n == 0 {
			t.Fatal("no place")
		}
		p.take(now)
	}
	n, again := p.free(now)
	if n != 0 || again < 49*time.Millisecond || again > 51*time.Millisecond {
		t.Errorf("%d places, again after %v", n, again)
	}
	if n, _ := p.free(now.Add(again)); n == 0 {
		t.Error("no place when there should be one")
	}
}
