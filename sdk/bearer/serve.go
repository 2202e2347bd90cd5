package bearer

import "github.com/ppgbox/ppgbox/sdk/pluginrpc"

// Serve runs a Bearer as a plugin process until the gateway ends it. It is all that an author's main does. How deliveries reach
// the bearer is told at AsStream; where the output of the process goes, in package plugin.
func Serve(b Bearer) { ServeStream(AsStream(b)) }

// ServeStream runs a Stream as a plugin process until the gateway ends it.
func ServeStream(s Stream) { pluginrpc.ServeBearer(handler{s}) }

// handler gives a Stream its host under pluginrpc's name.
type handler struct{ Stream }

func (h handler) Open(host pluginrpc.BearerHost) { h.Stream.Open(host) }
