package pap

import (
	"context"
	"fmt"
	"time"
)

// A Gateway decides on what Push Initiators ask. Its methods are called for many requests at once; the context ends when
// the request takes too long, or when the initiator hangs up, if the server watches for that.
type Gateway interface {
	// Submit takes a push or refuses it. The response says which: 1001 means that the push is safe and will be handled, any
	// other code that nothing of it was kept. Its push-id and reply-time are filled in if they are empty. The message and its
	// addresses are valid, and no replacement is asked for. The gateway may keep all of the submission but the octets of its
	// content and capabilities: they lie in the body of the request, whose memory serves another one afterwards.
	//
	// An *Unavailable error means that the push could not be taken now and nothing of it was kept; the initiator gets HTTP
	// 503 and may try again. Any other error is logged, and the initiator gets code 3000.
	Submit(ctx context.Context, pi *Initiator, s *Submission) (*PushResponse, error)
	// Query answers a status query, with the same errors. A push of another initiator is unknown to this one.
	Query(ctx context.Context, pi *Initiator, q *StatusQuery) (*StatusQueryResponse, error)
}

// Unavailable says that the gateway can not take a request now.
type Unavailable struct {
	// RetryAfter is when trying again makes sense, rounded up to whole seconds on the wire, 1 at least.
	RetryAfter time.Duration
	// Cause is for the log.
	Cause string
}

func (e *Unavailable) Error() string {
	return fmt.Sprintf("unavailable for %s: %s", e.RetryAfter, e.Cause)
}
