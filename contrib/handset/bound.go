package handset

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// unbindTime is how long an ESME has to answer the unbind when an SMSC stops.
const unbindTime = time.Second

// serve takes binds until ctx ends and then unbinds all ESMEs. It tells of binds, of their ends and of what was refused. beside, if not
// nil, runs on a goroutine of its own from a bind on; its context ends with the bind.
func serve(ctx context.Context, l net.Listener, cfg smpp.ServerConfig, tell func(What, string, string), beside func(context.Context, *smpp.Session)) error {
	bound := func(session *smpp.Session) {
		bind := session.Bind()
		tell(Bound, bind.SystemID, "by "+bind.CommandID().String())
		while, over := context.WithCancel(ctx)
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			if beside != nil {
				beside(while, session)
			}
		}()
		select {
		case <-session.Done():
		case <-ctx.Done():
			c, cancel := context.WithTimeout(context.WithoutCancel(ctx), unbindTime)
			defer cancel()
			_ = session.Unbind(c) // an ESME that does not answer is gone all the same
		}
		session.Close()
		<-session.Done()
		over()
		<-finished
		detail := ""
		if err := session.Err(); !errors.Is(err, smpp.ErrPeerUnbound) && !errors.Is(err, smpp.ErrUnbound) {
			detail = err.Error()
		}
		tell(Unbound, bind.SystemID, detail)
	}
	return smpp.Serve(ctx, l, cfg, bound, func(from net.Addr, err error) {
		if from != nil && ctx.Err() == nil {
			tell(Refused, from.String(), err.Error())
		}
	})
}

// authenticate wants this system_id and this password; an empty one stands for any.
func authenticate(systemID, password string) func(context.Context, *smpp.Bind, net.Addr) smpp.Status {
	return func(_ context.Context, b *smpp.Bind, _ net.Addr) smpp.Status {
		switch {
		case systemID != "" && b.SystemID != systemID:
			return smpp.StatusInvSysID
		case password != "" && b.Password != password:
			return smpp.StatusInvPaswd
		}
		return smpp.StatusOK
	}
}
