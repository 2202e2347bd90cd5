package pluginrpc

// Limits of the plugin boundary.
const (
	// MaxMessageSize is the longest gRPC message that either side takes, in octets.
	MaxMessageSize = 4 << 20
	// MaxItemSize is the longest item that is sent, in octets: what it carries and its frame fit MaxMessageSize. A longer
	// item fails alone and its stream lives on.
	MaxItemSize = MaxMessageSize - 1024
	// MaxTokenSize is the longest progress token, in octets.
	MaxTokenSize = 4 << 10
	// MaxTextSize is the longest text or cause of an error, an outcome or an answer that is no route, in octets; the rest is
	// cut off.
	MaxTextSize = 4 << 10

	maxBatchItems = 64
	maxBatchSize  = 256 << 10 // octets; a single longer item goes alone
	maxReports    = 4096      // reports queued before a bearer's Progress and Event wait

	// Flow-control windows of HTTP/2, in octets. Where they are fixed gRPC does not probe the bandwidth: it would answer nearly
	// every data frame with a PING and a WINDOW_UPDATE, which at a low load doubles the frames and the wake-ups of both
	// processes, for a socket that never leaves the machine.
	streamFlowWindow = 1 << 20
	connFlowWindow   = 2 << 20

	// itemWindow is how many items the SDK lets an encoder or a routing strategy have at once.
	itemWindow = 256
)
