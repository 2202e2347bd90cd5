package esme

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// slowed counts the answers of an SMSC that ask for a slower pace, for the log.
type slowed struct {
	logged time.Time // the last line, zero before the first
	count  int       // since then
}

// slowedLogs is the shortest time between two lines of one link.
const slowedLogs = time.Minute

// tell counts an answer. With ok true a line is due, about so many answers.
func (s *slowed) tell(now time.Time) (count int, ok bool) {
	s.count++
	if !s.logged.IsZero() && now.Sub(s.logged) < slowedLogs {
		return 0, false
	}
	count = s.count
	s.logged, s.count = now, 0
	return count, true
}

// logSlowed tells operators that the SMSC slows the link down.
func (l *Link) logSlowed(status smpp.Status, count int) {
	l.log.Info("the SMSC slows the link down: see its window and rate, and what the SMSC allows", "status", status.String(), "answers", count,
		"window", l.config.window, "rate", l.config.rate)
}
