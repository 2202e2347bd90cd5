package pluginhost

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	b := backoff{min: 200 * time.Millisecond, max: time.Second, limit: 5, window: time.Minute}
	now := time.Unix(0, 0)
	for i, c := range []struct {
		after, lived time.Duration
		pause        time.Duration
		over         bool
	}{
		{0, 0, 200 * time.Millisecond, false},
		{time.Second, 0, 400 * time.Millisecond, false},
		{time.Second, time.Second, 800 * time.Millisecond, false},
		{time.Second, 0, time.Second, false},
		{time.Second, 0, time.Second, true},
		{time.Second, 0, time.Second, true},                                 // still
		{50 * time.Second, 0, time.Second, true},                            // five within 54 seconds
		{30 * time.Second, 0, time.Second, false},                           // no more
		{2 * time.Minute, 2 * time.Minute, 200 * time.Millisecond, false},   // a long life is forgiven
		{10 * time.Second, 10 * time.Second, 400 * time.Millisecond, false}, // a short one is not
		{61 * time.Second, 59999 * time.Millisecond, 800 * time.Millisecond, false},
	} {
		now = now.Add(c.after)
		if pause, over := b.failed(now, c.lived); pause != c.pause || over != c.over {
			t.Errorf("failure %d: pause %s, over %v", i, pause, over)
		}
	}
	b.reset()
	if pause, over := b.failed(now, 0); pause != b.min || over {
		t.Errorf("after a reset: pause %s, over %v", pause, over)
	}
	if len(b.failures) > b.limit {
		t.Errorf("%d failures are kept", len(b.failures))
	}
}
