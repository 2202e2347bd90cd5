package pap

import (
	"fmt"
	"strings"
	"time"
)

// parseDatetime reads %Datetime: YYYY-MM-DDThh:mm:ssZ, always UTC. A fraction of a second, another time
// zone or a missing one is refused: a push sent at the wrong hour is worse than one that its sender has to correct.
func parseDatetime(v string) (time.Time, error) {
	s := strings.TrimSpace(v)
	// Of the forms of RFC 3339, which package time knows by heart, this length leaves the one in whole seconds and UTC.
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || len(s) != len("YYYY-MM-DDThh:mm:ssZ") {
		return time.Time{}, fmt.Errorf("%q is no time of the form YYYY-MM-DDThh:mm:ssZ in UTC", clip(v, 40))
	}
	return t, nil
}
