package pap

import (
	"fmt"
	"strings"
	"time"
)

const datetimeLayout = "2006-01-02T15:04:05Z"

// parseDatetime reads %Datetime: YYYY-MM-DDThh:mm:ssZ, always UTC. A fraction of a second, another time
// zone or a missing one is refused: a push sent at the wrong hour is worse than one that its sender has to correct.
func parseDatetime(v string) (time.Time, error) {
	s := strings.TrimSpace(v)
	// time.Parse takes a fraction that the layout does not have, so the length is checked as well.
	t, err := time.Parse(datetimeLayout, s)
	if err != nil || len(s) != len(datetimeLayout) {
		return time.Time{}, fmt.Errorf("%q is no time of the form YYYY-MM-DDThh:mm:ssZ in UTC", clip(v, 40))
	}
	return t, nil
}
