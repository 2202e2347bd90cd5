package encoder

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Encoder turns content into what the terminal understands.
type Encoder interface {
	plugin.Plugin
	// Encode returns the message to send in place of the request's. It is pure: the same request gives the same octets, and
	// nothing outside is changed, so that the host may call it once for many recipients and keep the answer. It may be
	// called from many goroutines. The context ends when nobody waits any more.
	//
	// A content type outside Info.Takes is never given. Content that can not be encoded is a *push.Error that is not
	// Temporary, with code 3006 and a text that tells the Push Initiator what is wrong and where; a panic or any other
	// error counts as temporary. The request's message must not be modified.
	Encode(context.Context, push.EncodeRequest) (push.Message, error)
}
