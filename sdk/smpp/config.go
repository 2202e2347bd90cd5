package smpp

import (
	"context"
	"time"
)

// Config is what both sides of a link can set. The zero value of every field means its default.
type Config struct {
	// Window is how many requests of ours may wait for their response. Default 64.
	Window int
	// ResponseTimeout is how long a request waits for its response when Send is not told otherwise. Default 60 s; a transaction mode
	// answer takes as long as the delivery.
	ResponseTimeout time.Duration
	// EnquireInterval is how long the link may be silent before enquire_link is sent. Default 30 s.
	EnquireInterval time.Duration
	// EnquireTimeout is how long the link may stay silent after it, and how long an unbind waits for its response. Default 10 s.
	EnquireTimeout time.Duration
	// WriteTimeout is how long a peer may take to read what is written. Default 10 s.
	WriteTimeout time.Duration
	// BindTimeout is how long the bind may take, a TLS handshake included. Default 10 s.
	BindTimeout time.Duration
	// MaxPDU is the largest PDU taken from the peer in octets, its header included. Default 69,632: a message_payload of 64 KB and the
	// fields around it.
	MaxPDU int
	// MaxReceived is how many requests of the peer may wait for our answer. Beyond it they are refused: ESME_RTHROTTLED from an SMSC,
	// ESME_RX_T_APPN from an ESME. Default 10,000.
	MaxReceived int
	// Batch is shared by sessions that one process relays between. Default: one of the session's own.
	Batch *Batch

	// Handle is called for each deliver_sm, submit_sm, data_sm, query_sm and the like and for alert_notification, one after the other in
	// the order they came, on a goroutine of its own: it may block, and it may send. The request is answered with the status when Handle
	// returns (an alert_notification is not). ctx ends with the session.
	Handle func(ctx context.Context, p PDU) Status
	// Receive is called instead of Handle if it is set, on the goroutine that reads: it must not block, nor call Send, Call or Unbind.
	// The request is answered by Request.Answer, at any time, in any order, from any goroutine.
	Receive func(*Request)
	// OnLate is told of a response that came after its request had been reported Unknown, for ErrTimeout
	// or because the context of Call ended; Result.Sequence is that of the
	// earlier result. It is called on the goroutine that reads and must not block.
	OnLate func(Result)
}

func (c Config) withDefaults() Config {
	setDefault(&c.Window, 64)
	setDefault(&c.ResponseTimeout, 60*time.Second)
	setDefault(&c.EnquireInterval, 30*time.Second)
	setDefault(&c.EnquireTimeout, 10*time.Second)
	setDefault(&c.WriteTimeout, 10*time.Second)
	setDefault(&c.BindTimeout, 10*time.Second)
	setDefault(&c.MaxPDU, 0x10000+4096)
	setDefault(&c.MaxReceived, 10_000)
	return c
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
