package handset

import (
	"fmt"
	"strconv"
	"time"
)

// parseTime reads a validity_period: YYMMDDhhmmsstnnp, where p says what it is: R a time from now on, + or - a date at nn quarter hours
// from UTC (SMPP 3.4 §7.1.1).
func parseTime(text string, now time.Time) (time.Time, error) {
	const size = 16
	if len(text) != size {
		return time.Time{}, fmt.Errorf("%q has %d characters, must have %d", text, len(text), size)
	}
	var part [8]int // year, month, day, hour, minute, second, tenths; quarter hours
	for i, at := range [...]struct{ from, to int }{{0, 2}, {2, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 12}, {12, 13}, {13, 15}} {
		n, err := strconv.ParseUint(text[at.from:at.to], 10, 8)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is no time: %w", text, err)
		}
		part[i] = int(n)
	}
	tenths := time.Duration(part[6]) * 100 * time.Millisecond
	quarters := time.Duration(part[7]) * 15 * time.Minute
	switch text[size-1] {
	case 'R':
		rest := time.Duration(part[3])*time.Hour + time.Duration(part[4])*time.Minute + time.Duration(part[5])*time.Second
		return now.AddDate(part[0], part[1], part[2]).Add(rest + tenths), nil
	case '+':
		quarters = -quarters
	case '-':
	default:
		return time.Time{}, fmt.Errorf("%q ends in neither R, + nor -", text)
	}
	return time.Date(2000+part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.UTC).Add(tenths + quarters), nil
}
