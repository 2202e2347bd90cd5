package smpp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// ServerConfig is what an SMSC can set.
type ServerConfig struct {
	Config
	// SystemID names the SMSC in its bind response.
	SystemID string
	// Authenticate decides on a bind: StatusOK, or the status that refuses it. It may block, for Config.BindTimeout at most.
	Authenticate func(ctx context.Context, b *Bind, peer net.Addr) Status
	// MaxUnbound is how many connections of Serve may be without a bind at a time; others wait to be accepted. Default 64.
	MaxUnbound int
}

// Accept reads the bind on a new connection and answers it. It closes the connection when it returns an error: a *BindError if
// Authenticate refused. A *tls.Conn makes its handshake in here.
func Accept(ctx context.Context, conn net.Conn, cfg ServerConfig) (*Session, error) {
	s, err := accept(ctx, conn, cfg)
	if err != nil {
		closeWrite(conn)
		closeNow(conn)
		return nil, err
	}
	s.run()
	return s, nil
}

func accept(ctx context.Context, conn net.Conn, cfg ServerConfig) (*Session, error) {
	cfg.Config = cfg.withDefaults()
	ctx, cancel := context.WithTimeout(ctx, cfg.BindTimeout)
	defer cancel()
	stop, err := limitConn(ctx, conn, cfg.BindTimeout)
	if err != nil {
		return nil, err
	}
	frames := newFrameReader(conn, cfg.MaxPDU)
	h, bind, err := awaitBind(conn, frames)
	if err != nil {
		return nil, bindFailed(ctx, stop, err)
	}
	if status := cfg.Authenticate(ctx, bind, conn.RemoteAddr()); status != StatusOK {
		err := writePDU(conn, status, h.Sequence, errorBody(h.Command))
		stop()
		return nil, errors.Join(&BindError{Status: status, SystemID: bind.SystemID}, err)
	}
	resp := BindResp{Mode: bind.Mode, SystemID: cfg.SystemID}
	if bind.InterfaceVersion >= Version34 { // older ESMEs know no optional parameters. SMPP 3.4 §3.4
		resp.TLVs = TLVs{{Tag: TagSCInterfaceVersion, Value: []byte{Version34}}}
	}
	if err := writePDU(conn, StatusOK, h.Sequence, &resp); err != nil {
		return nil, bindFailed(ctx, stop, err)
	}
	if !stop() {
		return nil, fmt.Errorf("smpp: bind: %w", ctx.Err())
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("smpp: bind: %w", err)
	}
	return newSession(conn, frames, false, *bind, resp, cfg.Config), nil
}

// awaitBind reads until a bind comes and answers what comes before it. SMPP 3.4 §2.2: anything else needs a bound session.
func awaitBind(conn net.Conn, frames *frameReader) (Header, *Bind, error) {
	for {
		frame, err := frames.next()
		if err != nil {
			var bad *FrameError
			if errors.As(err, &bad) {
				_ = writePDU(conn, StatusInvCmdLen, bad.sequence, &GenericNack{})
			}
			return Header{}, nil, err
		}
		h, p, err := Decode(frame)
		if bind, ok := p.(*Bind); ok {
			if err != nil {
				status := StatusBindFail
				var bad *DecodeError
				if errors.As(err, &bad) {
					status = bad.Status
				}
				_ = writePDU(conn, status, h.Sequence, errorBody(h.Command))
				return h, nil, err
			}
			return h, bind, nil
		}
		switch {
		case h.Command.IsResponse():
			continue
		case h.Command == CommandUnbind:
			_ = writePDU(conn, StatusOK, h.Sequence, &UnbindResp{})
			return h, nil, ErrPeerUnbound
		case h.Command == CommandEnquireLink:
			err = writePDU(conn, StatusOK, h.Sequence, &EnquireLinkResp{})
		case requestName(h.Command) == "":
			err = writePDU(conn, StatusInvCmdID, h.Sequence, &GenericNack{})
		default:
			err = writePDU(conn, StatusInvBndSts, h.Sequence, errorBody(h.Command))
		}
		if err != nil {
			return h, nil, err
		}
	}
}

// acceptPause is how long Serve waits after a connection that could not be accepted.
const acceptPause = 100 * time.Millisecond

// Serve accepts connections until ctx ends, which closes the listener, and calls bound with each session on a goroutine of its own. failed,
// if not nil, is told of binds that came to nothing, and, with a nil address, of connections that could not be accepted (too many open
// files); Serve goes on after both. Sessions live on when ctx ends. Serve returns when every call of bound and failed has: nil, unless somebody
// else closed the listener.
func Serve(ctx context.Context, l net.Listener, cfg ServerConfig, bound func(*Session), failed func(net.Addr, error)) error {
	setDefault(&cfg.MaxUnbound, 64)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	unbound := make(chan struct{}, cfg.MaxUnbound)
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		select {
		case unbound <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("smpp: accept: %w", err)
			}
			<-unbound
			if failed != nil {
				failed(nil, err)
			}
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		calls.Go(func() {
			s, err := Accept(ctx, conn, cfg)
			<-unbound
			if err == nil {
				bound(s)
			} else if failed != nil {
				failed(conn.RemoteAddr(), err)
			}
		})
	}
}
