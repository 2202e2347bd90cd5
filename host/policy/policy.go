package policy

import "time"

// Encoders of a policy that are no instance names.
const (
	// EncoderAuto takes the one encoder that takes the content type; content that none takes passes unchanged.
	EncoderAuto = "auto"
	// EncoderNone passes every content unchanged.
	EncoderNone = "none"
)

// What counts as success where an address resolves to several terminals.
const (
	TerminalsAny = "any" // the first terminal that got it ends the delivery
	TerminalsAll = "all" // every terminal has to get it
)

// What the rest of a plan does when no routing strategy could answer because one failed or took too long.
const (
	OnErrorNext = "next" // the next strategy, then the next attempt
	OnErrorFail = "fail" // the delivery fails
)

// What follows an outcome that is unknown after the attempt's retries.
const (
	OnUnknownStop = "stop" // nothing: another bearer could deliver the push a second time
	OnUnknownNext = "next" // the next attempt
)

// A Policy is one [[policy]] of the configuration.
type Policy struct {
	Name  string
	Match Match
	// Encoder is the name of an encoder instance, EncoderAuto or EncoderNone.
	Encoder string
	// Terminals is TerminalsAny or TerminalsAll.
	Terminals string
	// Attempts are tried in this order.
	Attempts []Attempt
}

// An Attempt is one try of a leg over one bearer.
type Attempt struct {
	// Bearer is the name of a bearer instance.
	Bearer string
	// Routing are names of routing instances, asked in this order until one answers. None: the bearer needs no route.
	Routing []string
	// Within bounds the attempt with all its retries. It never reaches beyond the push's deliver-before-timestamp.
	Within time.Duration
	Retry  Retry
	// OnError is OnErrorNext or OnErrorFail.
	OnError string
	// OnUnknown is OnUnknownStop or OnUnknownNext.
	OnUnknown string
}

// Retry says how an attempt is repeated over its own bearer.
type Retry struct {
	Times int           // retries after the first try
	After time.Duration // pause before each
}
