package sms

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A link is one bind to an SMSC, made again whenever it is lost.
type link struct {
	config linkConfig
	links  *links
	log    hclog.Logger

	mu      sync.Mutex
	session *smpp.Session // nil while it is not bound
	down    downFor       // while it is not bound
	pace    pace
	alarm   *time.Timer // tells the end of a pause
	closed  bool
}

// Pauses between two tries to bind. The real ones vary by a quarter, so that several gateways do not come at once.
const (
	firstRebind = 500 * time.Millisecond
	mostRebind  = 30 * time.Second
)

func newLink(c linkConfig, ls *links, log hclog.Logger) *link {
	return &link{config: c, links: ls, log: log, pace: newPace(c.window, c.rate), down: downFor{text: c.address + ": not bound yet"}}
}

// run keeps the link bound until ctx ends.
func (l *link) run(ctx context.Context) {
	pause := firstRebind
	failed := sync.OnceFunc(l.links.firstFailed)
	for ctx.Err() == nil {
		bound := time.Now()
		err := l.bind(ctx)
		if time.Since(bound) > mostRebind {
			pause = firstRebind
		}
		jittered := time.Duration((0.75 + rand.Float64()/2) * float64(pause))
		if ctx.Err() == nil {
			l.log.Warn("the SMSC is not bound, trying again", "after", jittered.String(), "error", err)
			l.notBound(err, jittered)
		}
		failed()
		select {
		case <-time.After(jittered):
		case <-ctx.Done():
		}
		pause = min(2*pause, mostRebind)
	}
}

// bind makes a session and returns why it ended.
func (l *link) bind(ctx context.Context) error {
	cfg := smpp.ClientConfig{Config: smpp.Config{Window: l.config.window, ResponseTimeout: l.config.responseTimeout, Handle: l.handle}}
	if l.config.tls {
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.config.roots, ServerName: l.config.serverName}
	}
	s, err := smpp.Dial(ctx, l.config.address, smpp.Bind{
		Mode: smpp.Transceiver, SystemID: l.config.systemID, Password: l.config.password, SystemType: l.config.systemType,
	}, cfg)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		s.Close()
		return smpp.ErrClosed
	}
	l.session, l.pace = s, newPace(l.config.window, l.config.rate)
	l.mu.Unlock()
	l.log.Info("bound", "system_id", l.config.systemID, "smsc", s.BindResp().SystemID)
	l.links.settle()
	l.links.changed()
	l.links.ready()
	<-s.Done()
	l.lost(s)
	return s.Err()
}

// notBound keeps why the link is not bound, and when it is tried again.
func (l *link) notBound(err error, pause time.Duration) {
	d := l.downAfter(err)
	d.text += ", next try in " + pause.Round(100*time.Millisecond).String()
	l.mu.Lock()
	l.down = d
	l.mu.Unlock()
	l.links.changed()
}

// downFor is why the link is not bound, the zero value if it is.
func (l *link) downFor() downFor {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		return downFor{}
	}
	return l.down
}

// lost takes a session away that has ended or is ending.
func (l *link) lost(s *smpp.Session) {
	l.mu.Lock()
	was := l.session == s
	if was {
		l.session, l.down = nil, l.downAfter(s.Err())
	}
	l.mu.Unlock()
	if was {
		l.links.changed()
	}
}

// places is the window of the link, 0 if it is not bound.
func (l *link) places() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return 0
	}
	return l.config.window
}

// free is how many places there are now. If there are none for a time that is known, its end will be told.
func (l *link) free(now time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return 0
	}
	places, again := l.pace.free(now)
	if again > 0 {
		if l.alarm == nil {
			l.alarm = time.AfterFunc(again, l.links.ready)
		} else {
			l.alarm.Reset(again)
		}
	}
	return places
}

// submit sends a submit_sm; false if the link can not take it after all.
func (l *link) submit(pdu *smpp.SubmitSM, now time.Time, done func(smstx.Answer)) bool {
	l.mu.Lock()
	s := l.session
	if s == nil {
		l.mu.Unlock()
		return false
	}
	epoch := l.pace.take(now)
	l.mu.Unlock()
	err := s.TrySend(pdu, 0, func(r smpp.Result) {
		l.answered(s, epoch, r)
		done(answerOf(r))
	})
	if err == nil {
		return true
	}
	l.mu.Lock()
	if l.session == s {
		l.pace.put()
	}
	l.mu.Unlock()
	var encode *smpp.EncodeError
	switch {
	case errors.As(err, &encode):
		done(smstx.Answer{Verdict: smstx.Permanent, Err: err})
		return true
	case !errors.Is(err, smpp.ErrWindowFull):
		l.lost(s)
	}
	return false
}

// answered gives the place of a request back.
func (l *link) answered(s *smpp.Session, epoch int, r smpp.Result) {
	throttled := r.Outcome == smpp.Refused && (smpp.Classifier{}).Class(r.Status, nil) == smpp.ClassThrottled
	now := l.links.now()
	l.mu.Lock()
	if l.session == s {
		l.pace.give(now, epoch, throttled, r.Outcome == smpp.Accepted || r.Outcome == smpp.Refused)
	}
	l.mu.Unlock()
	if throttled {
		l.log.Debug("the SMSC asks for a slower pace", "status", r.Status)
	}
	if r.Outcome == smpp.Refused && r.Status == smpp.StatusInvBndSts {
		s.Close() // and bound again
		l.lost(s)
	}
	if r.Outcome == smpp.NeverSent {
		l.lost(s)
	}
}

// unbind ends the session in order.
func (l *link) unbind(ctx context.Context) {
	l.mu.Lock()
	s := l.session
	l.closed = true
	l.mu.Unlock()
	if s == nil {
		return
	}
	if err := s.Unbind(ctx); err != nil {
		l.log.Warn("unbind", "error", err)
	}
}

// close ends the session at once.
func (l *link) close() {
	l.mu.Lock()
	s := l.session
	l.closed = true
	if l.alarm != nil {
		l.alarm.Stop()
	}
	l.mu.Unlock()
	if s != nil {
		s.Close()
		<-s.Done()
	}
}
