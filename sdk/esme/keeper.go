package esme

import (
	"context"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A keeper keeps one bind of a link: it makes it, and makes it again whenever it is lost.
type keeper struct {
	link    *Link
	mode    smpp.BindMode
	address string

	mu      sync.Mutex
	session *smpp.Session // nil while it is not bound
	down    downFor       // while it is not bound
	closed  bool
}

// run keeps the bind until ctx ends.
func (k *keeper) run(ctx context.Context) {
	var pauses backoff
	failed := sync.OnceFunc(k.link.links.firstFailed)
	for ctx.Err() == nil {
		lasted, err := k.bind(ctx)
		pause := pauses.next(lasted)
		if ctx.Err() == nil {
			k.link.log.Warn("the SMSC is not bound, trying again", "as", bindName(k.mode), "after", pause.String(), "error", err)
			k.notBound(err, pause)
		}
		failed()
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// bind makes a session and returns how long it was there, 0 if it never was, and why it ended.
func (k *keeper) bind(ctx context.Context) (lasted time.Duration, err error) {
	links := k.link.links
	c, err := k.link.config.reread()
	if err != nil {
		return 0, err
	}
	cfg := c.client()
	cfg.Receive = k.link.receive
	cfg.OnLate = k.link.late
	cfg.Batch = links.o.Batch
	s, err := smpp.Dial(ctx, k.address, smpp.Bind{
		Mode: k.mode, SystemID: c.systemID, Password: c.password, SystemType: c.systemType,
	}, cfg)
	if err != nil {
		return 0, err
	}
	bound := time.Now()
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		s.Close()
		return 0, smpp.ErrClosed
	}
	k.session = s
	k.mu.Unlock()
	k.link.log.Info("bound", "as", bindName(k.mode), "system_id", c.systemID, "smsc", s.BindResp().SystemID)
	if k.sends() {
		k.link.begin(s)
		links.settle()
	}
	links.o.Changed()
	if k.sends() {
		links.o.Ready()
	}
	<-s.Done()
	k.lost(s)
	return time.Since(bound), s.Err()
}

func (k *keeper) sends() bool { return k.mode != smpp.Receiver }

func bindName(m smpp.BindMode) string {
	switch m {
	case smpp.Transmitter:
		return "transmitter"
	case smpp.Receiver:
		return "receiver"
	}
	return "transceiver"
}

// notBound keeps why there is no bind, and when it is tried again.
func (k *keeper) notBound(err error, pause time.Duration) {
	d := k.downAfter(err)
	d.text += ", next try in " + pause.Round(100*time.Millisecond).String()
	k.mu.Lock()
	k.down = d
	k.mu.Unlock()
	k.link.links.o.Changed()
}

// downFor is why there is no bind, the zero value if there is.
func (k *keeper) downFor() downFor {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.session != nil {
		return downFor{}
	}
	return k.down
}

// lost takes a session away that has ended or is ending.
func (k *keeper) lost(s *smpp.Session) {
	if k.sends() {
		k.link.end(s)
	}
	k.mu.Lock()
	was := k.session == s
	if was {
		k.session, k.down = nil, k.downAfter(s.Err())
	}
	k.mu.Unlock()
	if was {
		k.link.links.o.Changed()
	}
}

// unbind ends the session in order.
func (k *keeper) unbind(ctx context.Context) {
	k.mu.Lock()
	s := k.session
	k.closed = true
	k.mu.Unlock()
	if s == nil {
		return
	}
	if err := s.Unbind(ctx); err != nil {
		k.link.log.Warn("unbind", "error", err)
	}
}

// close ends the session at once.
func (k *keeper) close() {
	k.mu.Lock()
	s := k.session
	k.closed = true
	k.mu.Unlock()
	if s != nil {
		s.Close()
		<-s.Done()
	}
}
