package pap

import (
	"net/netip"
	"testing"
	"time"
)

func TestFailuresAreBoundedAndForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFailures(func() time.Time { return now })
	first := netip.MustParseAddr("10.0.0.0")
	source := first
	for range maxSources + 500 {
		now = now.Add(time.Millisecond)
		f.record(source)
		source = source.Next()
	}
	if len(f.sources) != maxSources {
		t.Errorf("%d sources remembered", len(f.sources))
	}
	if _, ok := f.sources[first]; ok {
		t.Error("the oldest source is still there")
	}
	now = now.Add(forgetFailures + time.Second)
	f.record(first)
	if len(f.sources) != 1 {
		t.Errorf("%d sources after the time to forget", len(f.sources))
	}
}

func TestFailuresWait(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFailures(func() time.Time { return now })
	source := netip.MustParseAddr("192.0.2.1")
	var waits []time.Duration
	for range freeFailures + 8 {
		f.record(source)
		waits = append(waits, f.wait(source))
	}
	for i, want := range []time.Duration{0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30} {
		if waits[i] != want*time.Second {
			t.Errorf("failure %d: wait %s, want %ds", i+1, waits[i], want)
		}
	}
	now = now.Add(longestWait + forgetFailures)
	f.record(source)
	if w := f.wait(source); w != 0 {
		t.Errorf("failures are not forgotten: wait %s", w)
	}
}

func TestFailuresCountIPv6BySubnet(t *testing.T) {
	f := newFailures(func() time.Time { return time.Unix(0, 0) })
	a, b, c := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:1"), netip.MustParseAddr("2001:db8:0:1::1")
	for range freeFailures + 1 {
		f.record(a)
	}
	if f.wait(b) == 0 || f.wait(c) != 0 {
		t.Errorf("same subnet waits %s, another one %s", f.wait(b), f.wait(c))
	}
}
