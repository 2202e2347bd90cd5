package dispatch

import (
	"fmt"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// describeSessions says where a terminal is.
func describeSessions(sessions []push.Session) string {
	if len(sessions) == 0 {
		return "has no session"
	}
	var b strings.Builder
	for i := range sessions {
		switch {
		case i == listedTerminals:
			fmt.Fprintf(&b, " and %d more", len(sessions)-i)
			return b.String()
		case i > 0:
			b.WriteString(" and ")
		default:
			b.WriteString("is online at ")
		}
		b.WriteString(sessions[i].Address.String())
		if at := place(&sessions[i], ", "); at != "" {
			b.WriteString(" (" + at + ")")
		}
	}
	return b.String()
}

// place names the GGSN and the access point of a session, as far as they are known.
func place(s *push.Session, between string) string {
	switch {
	case s.GGSN != "" && s.APN != "":
		return "ggsn " + s.GGSN + between + "apn " + s.APN
	case s.GGSN != "":
		return "ggsn " + s.GGSN
	case s.APN != "":
		return "apn " + s.APN
	}
	return ""
}

// placesElsewhere is how many sessions a route is said to have passed over.
const placesElsewhere = 3

// DescribeRoute says what a strategy answered. One that has no session where it looked may have passed over sessions at other GGSNs
// or access points: whoever reads "offline" would look for why the terminal is, and it is not.
func DescribeRoute(r push.Route, of []push.Session, wall time.Time) string {
	if r.Session != nil {
		return wordOnline + " at " + r.Session.Address.String()
	}
	var places []string
	more := 0
	for i := range of {
		s := &of[i]
		switch {
		case !s.Expires.IsZero() && !wall.Before(s.Expires):
		case len(places) == placesElsewhere:
			more++
		default:
			at := place(s, " ")
			if at == "" {
				at = s.Address.String()
			}
			places = append(places, at)
		}
	}
	if len(places) == 0 {
		return wordOffline
	}
	text := wordOffline + " there; online at " + strings.Join(places, " and ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
