package handset

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, text string
		want       time.Time // zero: it is refused
	}{
		// SMPP 3.4 §7.1.1.1 has this one: 2 years, 10 months, 0 days, 0 hours, 0 minutes and 0 seconds is 021000000000000R there.
		{"relative", "021000000000000R", now.AddDate(2, 10, 0)},
		{"relative, seconds and tenths", "000000000240500R", now.Add(2*time.Minute + 40*time.Second + 500*time.Millisecond)},
		{"absolute", "260201120000000+", time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)},
		{"east of Greenwich", "260201120000008+", time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)},
		{"west of Greenwich", "260201120000504-", time.Date(2026, 2, 1, 13, 0, 0, 500_000_000, time.UTC)},
		{"short", "00000000024050R", time.Time{}},
		{"no kind", "0000000002405000", time.Time{}},
		{"letters", "00000000x240500R", time.Time{}},
		{"a sign", "0000000+0240500R", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseTime(tt.text, now)
			if (err != nil) != tt.want.IsZero() || !got.Equal(tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}
