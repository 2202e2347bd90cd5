package sms

import (
	"fmt"
	"time"
)

// maxRelative is the longest time that relativeTime writes; beyond it the days of a month would have to be known.
const maxRelative = 28 * 24 * time.Hour

// relativeTime writes a time as validity_period from now on, in whole seconds (SMPP 3.4 §7.1.1.2).
func relativeTime(d time.Duration) string {
	s := int(min(max(d, time.Second), maxRelative) / time.Second)
	return fmt.Sprintf("0000%02d%02d%02d%02d000R", s/86400, s/3600%24, s/60%60, s%60)
}
