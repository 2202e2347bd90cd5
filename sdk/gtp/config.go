package gtp

import (
	"net/netip"
	"time"
)

// What a Config that says nothing means. The specification leaves T3-RESPONSE and N3-REQUESTS to the operator (§7.6); these are
// customary.
const (
	DefaultT3Response     = 3 * time.Second
	DefaultN3Requests     = 5
	DefaultMaxOutstanding = 10_000
	DefaultMaxPeers       = 1000
	DefaultMaxAnswers     = 20_000
)

// A Config is what a Path is made of. Zero values are the defaults above.
type Config struct {
	// T3Response is how long a response is waited for before the request is sent again.
	T3Response time.Duration
	// N3Requests is how often a request is sent, the first time included.
	N3Requests int
	// RestartCounter goes into every Echo Response (§7.2.2). It has to be another one after each start.
	RestartCounter uint8
	// MaxOutstanding bounds the requests of ours that wait for a response.
	MaxOutstanding int
	// MaxPeers bounds the addresses whose restart counter and sequence number are kept. The one that was quiet for longest makes way.
	MaxPeers int
	// MaxAnswers bounds the requests of peers that are known, to answer a repeated one with the same octets. Answers are kept for
	// AnswersFor, the oldest making way; while the oldest one is not answered yet, further requests are dropped.
	MaxAnswers int
	// AnswersFor is how long a peer may repeat a request. 0 is T3Response times N3Requests.
	AnswersFor time.Duration
	// Allow says whose datagrams are read at all; nil is everybody's. It must not block.
	Allow func(netip.Addr) bool
	// Handler gets the requests of peers but Echo. Nil drops them.
	Handler Handler
	// Restarted is called when a peer's restart counter changed: it has lost its contexts (§7.2.2). The message that says so, a request
	// or a response, is handled after that. It must not block.
	Restarted func(peer netip.Addr, before, now uint8, by Message)
	// Dropped is called for each datagram that leads to nothing, and for each that is refused: err is a *ParseError or one of
	// ErrNotAllowed, ErrUnexpected, ErrFlood. It must not block.
	Dropped func(from netip.AddrPort, err error)
	// Clock is for tests. Nil is the system's.
	Clock Clock
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// complete returns the config without zero values.
func (c Config) complete() Config {
	c.T3Response = orDefault(c.T3Response, DefaultT3Response)
	c.N3Requests = orDefault(c.N3Requests, DefaultN3Requests)
	c.MaxOutstanding = orDefault(c.MaxOutstanding, DefaultMaxOutstanding)
	c.MaxPeers = orDefault(c.MaxPeers, DefaultMaxPeers)
	c.MaxAnswers = orDefault(c.MaxAnswers, DefaultMaxAnswers)
	c.AnswersFor = orDefault(c.AnswersFor, c.T3Response*time.Duration(c.N3Requests))
	if c.Allow == nil {
		c.Allow = func(netip.Addr) bool { return true }
	}
	if c.Restarted == nil {
		c.Restarted = func(netip.Addr, uint8, uint8, Message) {}
	}
	if c.Dropped == nil {
		c.Dropped = func(netip.AddrPort, error) {}
	}
	if c.Clock == nil {
		c.Clock = systemClock{time.Now()}
	}
	return c
}
