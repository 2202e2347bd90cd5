package node

import "time"

// version of the stream that both sides speak.
const version = 1

// Limits of the stream, which node.proto names. What is over them ends the stream; texts are cut before they are sent.
const (
	// MaxPayload is the longest payload of a push, in octets: the longest of UDP over IPv4.
	MaxPayload = 65507
	// MaxWindow is how many pushes may be open on one stream at most.
	MaxWindow = 1_000_000

	maxFrame     = 1 << 20 // octets
	maxID        = 128
	maxPushID    = 1024
	maxName      = 100
	maxAPNs      = 1000
	maxText      = 1024
	maxCause     = 64
	maxExchange  = 256 // octets of each of its texts
	maxIMSI      = 15  // digits, and 6 at least (3GPP TS 23.003 §2.2)
	minIMSI      = 6
	maxMSISDN    = 15 // digits (ITU-T E.164)
	maxWithin    = 30 * 24 * time.Hour
	maxRetry     = 24 * time.Hour
	minToken     = 16
	maxToken     = 4096
	maxReadAhead = 4 << 20 // octets of HTTP/2 flow control on a connection
)

// How frames are made: whatever waits while the one before is written, and no more than this.
const (
	maxItems = 256
	maxBatch = 256 << 10 // octets; a single longer item goes alone
)

// Time-outs of a connection.
const (
	helloTimeout   = 10 * time.Second // from the connection to the other side's hello
	keepaliveTime  = 10 * time.Second // without a frame until the other side is asked
	keepaliveGrace = 5 * time.Second  // for its answer
)
