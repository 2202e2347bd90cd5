package routing

import "github.com/ppgbox/ppgbox/sdk/pluginrpc"

// Serve runs a routing strategy as a plugin process until the gateway ends it. It is all that an author's main does. Up to 256
// questions are given to it at once.
func Serve(s Strategy) { pluginrpc.ServeRouting(s) }
