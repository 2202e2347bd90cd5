package smsc

import (
	"testing"
	"time"
)

func TestUntilTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	tests := []struct {
		name, text string
		want       time.Duration // 0 for no time
	}{
		{"relative", "000001020304000R", 26*time.Hour + 3*time.Minute + 4*time.Second},
		{"absolute, UTC", "261122210000000+", time.Hour},
		{"absolute, with tenths", "261122210000500+", time.Hour + 500*time.Millisecond},
		{"absolute, an hour east", "261122220000004+", time.Hour},
		{"absolute, an hour west", "261122200000004-", time.Hour},
		{"over", "261122190000000+", 0},
		{"now", "000000000000000R", 0},
		{"no month", "261322210000000+", 0},
		{"no sign", "2611222100000000", 0},
		{"too short", "26112221000000+", 0},
		{"letters", "26112221000a000+", 0},
		{"a zone beyond", "261122210000049+", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d, ok := untilTime(tt.text, now); d != tt.want && tt.want != 0 || ok != (tt.want != 0) {
				t.Errorf("%v %v, want %v", d, ok, tt.want)
			}
		})
	}
}
