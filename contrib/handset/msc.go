package handset

import (
	"context"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// msc is the link from an SMSC that stores to the MSC that it forwards to. It is bound again when it is lost.
type msc struct {
	address string
	lost    func(detail string)

	mu    sync.Mutex
	queue []forwarding
	wake  chan struct{}
}

// forwarding is an SMS that waits for its place on the link.
type forwarding struct {
	pdu  *smpp.SubmitSM
	done func(smpp.Result)
}

const (
	mscWindow   = 8000 // below what the MSC takes unanswered
	mscPatience = 10 * time.Minute
	mscRebind   = 200 * time.Millisecond
)

func newMSC(address string, lost func(string)) *msc {
	return &msc{address: address, lost: lost, wake: make(chan struct{}, 1)}
}

// send queues an SMS. It does not block. done gets the answer; it must not block.
func (m *msc) send(p *smpp.SubmitSM, done func(smpp.Result)) {
	m.mu.Lock()
	m.queue = append(m.queue, forwarding{p, done})
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *msc) next() (forwarding, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queue) == 0 {
		return forwarding{}, false
	}
	f := m.queue[0]
	m.queue[0] = forwarding{}
	m.queue = m.queue[1:]
	return f, true
}

// run binds and sends until ctx ends.
func (m *msc) run(ctx context.Context) {
	for ctx.Err() == nil {
		session, err := smpp.Dial(ctx, m.address, smpp.Bind{Mode: smpp.Transmitter, SystemID: "storeforward"},
			smpp.ClientConfig{Config: smpp.Config{Window: mscWindow, ResponseTimeout: mscPatience}})
		if err == nil {
			m.pump(ctx, session)
			err = session.Err()
		}
		if ctx.Err() != nil {
			return
		}
		m.lost(err.Error())
		select {
		case <-time.After(mscRebind):
		case <-ctx.Done():
		}
	}
}

// pump sends what is queued while the session lives.
func (m *msc) pump(ctx context.Context, session *smpp.Session) {
	defer func() {
		if ctx.Err() != nil {
			c, cancel := context.WithTimeout(context.WithoutCancel(ctx), unbindTime)
			defer cancel()
			_ = session.Unbind(c) // the MSC sees the end of the link in any case
		}
		session.Close()
		<-session.Done()
	}()
	for {
		f, ok := m.next()
		if !ok {
			select {
			case <-m.wake:
				continue
			case <-session.Done():
				return
			case <-ctx.Done():
				return
			}
		}
		if err := session.Send(ctx, f.pdu, 0, f.done); err != nil {
			f.done(smpp.Result{Outcome: smpp.NeverSent, Err: err})
			if ctx.Err() != nil {
				return
			}
			select {
			case <-session.Done():
				return
			default: // this one can not be sent; the next may
			}
		}
	}
}
