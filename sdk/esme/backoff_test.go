package esme

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestBackoff(t *testing.T) {
	var b backoff
	for i, step := range []struct{ lasted, want time.Duration }{
		{0, 500 * time.Millisecond},
		{0, time.Second},
		{time.Second, 2 * time.Second}, // bound and lost at once
		{0, 4 * time.Second},
		{steady, 500 * time.Millisecond},
		{4 * time.Second, 500 * time.Millisecond},
		{0, time.Second},
	} {
		got := b.next(step.lasted)
		if b.last != step.want || got < step.want*3/4 || got > step.want*5/4 {
			t.Errorf("step %d: %v, want about %v", i, got, step.want)
		}
	}
	for range 1000 {
		if got := b.next(0); got > mostRebind {
			t.Fatalf("a pause of %v", got)
		}
	}
	if b.last != mostRebind {
		t.Errorf("the longest pause is %v", b.last)
	}
}

// The pauses go by the time that the bind was there, not by that of the try.
func TestBindLasts(t *testing.T) {
	for _, refuse := range []smpp.Status{smpp.StatusOK, smpp.StatusInvPaswd} {
		s := startSMSC(t, refuse)
		k := linksOf(t, File{Address: s.l.Addr().String()}).all[0].keepers[0]
		const held = 50 * time.Millisecond
		if refuse == smpp.StatusOK {
			go func() {
				ss := <-s.binds
				time.AfterFunc(held, ss.Close)
			}()
		}
		lasted, err := k.bind(t.Context())
		if err == nil || (lasted >= held/2) != (refuse == smpp.StatusOK) || refuse != smpp.StatusOK && lasted != 0 {
			t.Errorf("%v: lasted %v, %v", refuse, lasted, err)
		}
	}
}
