package encoder

import "github.com/ppgbox/ppgbox/sdk/pluginrpc"

// Serve runs an encoder as a plugin process until the gateway ends it. It is all that an author's main does. Up to 256 requests
// are given to it at once.
func Serve(e Encoder) { pluginrpc.ServeEncoder(e) }
