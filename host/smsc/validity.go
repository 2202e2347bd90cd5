package smsc

import (
	"strconv"
	"time"
)

// untilTime reads a time of SMPP 3.4 §7.1.1, YYMMDDhhmmsstnnp, as the time from now until it; false if it is no time, or over.
func untilTime(text string, now time.Time) (time.Duration, bool) {
	if len(text) != 16 {
		return 0, false
	}
	var field [6]int // years … seconds
	for i := range field {
		n, err := strconv.ParseUint(text[2*i:2*i+2], 10, 8)
		if err != nil {
			return 0, false
		}
		field[i] = int(n)
	}
	tenths, err := strconv.ParseUint(text[12:13], 10, 8)
	quarters, err2 := strconv.ParseUint(text[13:15], 10, 8)
	if err != nil || err2 != nil || quarters > 48 {
		return 0, false
	}
	var at time.Time
	switch sign := text[15]; sign {
	case 'R':
		at = now.AddDate(field[0], field[1], field[2])
		at = at.Add(time.Duration(field[3])*time.Hour + time.Duration(field[4])*time.Minute + time.Duration(field[5])*time.Second)
	case '+', '-':
		if field[1] < 1 || field[1] > 12 || field[2] < 1 || field[2] > 31 || field[3] > 23 || field[4] > 59 || field[5] > 59 {
			return 0, false
		}
		east := int(quarters) * 15 * 60
		if sign == '-' {
			east = -east
		}
		at = time.Date(2000+field[0], time.Month(field[1]), field[2], field[3], field[4], field[5], int(tenths)*1e8, time.FixedZone("", east))
	default:
		return 0, false
	}
	d := at.Sub(now)
	return d, d > 0
}
