package smpp

import (
	"errors"
	"fmt"
)

// Why a session ended, or why a request was not sent. Session.Err wraps one of these, a *FrameError, or an error of the connection.
var (
	ErrClosed         = errors.New("smpp: closed by this side")
	ErrUnbound        = errors.New("smpp: unbound by this side")
	ErrPeerUnbound    = errors.New("smpp: unbound by the peer")
	ErrPeerClosed     = errors.New("smpp: the peer closed the connection without unbind")
	ErrEnquireTimeout = errors.New("smpp: the peer does not answer enquire_link")
	ErrWriteTimeout   = errors.New("smpp: the peer does not read")
)

// Why one request has no answer, while the session goes on.
var (
	ErrTimeout    = errors.New("smpp: no response in time")
	ErrWindowFull = errors.New("smpp: the window is full")
	ErrDirection  = errors.New("smpp: the bind does not allow this operation in this direction")
	ErrAnswered   = errors.New("smpp: the request is answered already")
)

// BindError is a bind that the SMSC refused, or, from Accept, that this side refused.
type BindError struct {
	Status   Status
	SystemID string // the peer's
}

func (e *BindError) Error() string {
	return fmt.Sprintf("smpp: bind refused: %v", e.Status)
}
