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

// What follows when a routing strategy failed or took too long. One that does not know the subscriber leads to the next one
// in any case.
const (
	// OnErrorNext asks the next strategy. When none is left the terminal is unreachable, and the plan's next attempt follows.
	OnErrorNext = "next"
	// OnErrorFail ends the try as failed for now: the attempt is retried by its Retry, and if it still fails then the delivery
	// ends, without the attempts after it.
	OnErrorFail = "fail"
)

// Whether the plan goes on after an attempt in which a try had no answer, so that the push may have arrived. It is about the
// next attempt only: by its Retry the same attempt is tried again after such a try, too.
const (
	OnUnknownStop = "stop" // it does not: another bearer could deliver the push a second time
	OnUnknownNext = "next" // with the next attempt, at the risk of two
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
	// OnError is OnErrorNext or OnErrorFail, for the routing strategies.
	OnError string
	// OnUnknown is OnUnknownStop or OnUnknownNext, for what comes after this attempt.
	OnUnknown string
}

// Retry says how an attempt is repeated over its own bearer: after a try that failed for now or whose outcome is unknown (what
// may have arrived may then arrive twice), and on a plan's last attempt also after one that found the terminal unreachable.
type Retry struct {
	Times int           // retries after the first try
	After time.Duration // pause before each
}
