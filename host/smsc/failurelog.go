package smsc

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// logEnd tells the operator how a transaction ended: at debug one that was delivered, at info one that was not.
func (s *SMSC) logEnd(t *transaction, r smstx.Result, e end) {
	delivered := e.status == smpp.StatusOK
	if delivered && !s.log.IsDebug() {
		return
	}
	fields := []any{
		"message_id", s.messageID(t.id), "system_id", t.account.systemID, "terminal", t.number(), "status", e.status,
		"segments", t.message.Segments.Len(), "through", r.Through.Len(),
	}
	if t.identity != "" {
		fields = append(fields, "push_identity", legible(t.identity))
	}
	if t.message.Segments.Len() > 1 {
		fields = append(fields, "reference", t.reference)
	}
	if delivered {
		s.log.Debug("transaction ended", fields...)
		return
	}
	if t.link != nil {
		fields = append(fields, "link", t.link.Address())
	}
	if fields, ok := s.failures.Allow(append(fields, "why", e.why)...); ok {
		s.log.Info("a message was not delivered", fields...)
	}
}

// legible is octets as they are if they are all visible, and in hexadecimal otherwise.
func legible(octets string) string {
	if strings.ContainsFunc(octets, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "0x" + hex.EncodeToString([]byte(octets))
	}
	return octets
}

// logRefused tells the operator of a submission that was not taken.
func (s *SMSC) logRefused(a *account, refused *refusal) {
	if fields, ok := s.refusals.Allow("system_id", a.systemID, "status", refused.status.String(), "why", refused.why); ok {
		s.log.Warn("submission refused", fields...)
	}
}

// A throttleLog lets a line through now and then of an ESME that is throttled.
type throttleLog struct {
	limiter *rate.Limiter
	since   int // submissions that were throttled since the last line
}

// throttleLogPause is the time between two lines of one ESME.
const throttleLogPause = time.Minute

func newThrottleLog() throttleLog {
	return throttleLog{limiter: rate.NewLimiter(rate.Every(throttleLogPause), 1)}
}

// count counts a submission that was throttled. It returns how many there were with it since the last line, 0 if it is too early
// for another one.
func (l *throttleLog) count(now time.Time) int {
	l.since++
	if !l.limiter.AllowN(now, 1) {
		return 0
	}
	n := l.since
	l.since = 0
	return n
}

// logThrottled names the key of an ESME that throttles it.
func (s *SMSC) logThrottled(a *account, key string, now time.Time) {
	a.mu.Lock()
	n := a.throttled.count(now)
	a.mu.Unlock()
	if n == 0 {
		return
	}
	value := fmt.Sprint(a.window)
	if key == keyRate {
		value = fmt.Sprintf("%g/s", a.rate)
	}
	s.log.Info("an ESME is throttled: "+key+" of its [[esme]] would have to grow for more", "system_id", a.systemID, key, value, "throttled", n)
}
