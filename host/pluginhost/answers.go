package pluginhost

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Failures are answers of a bearer or a routing strategy, one after the other since the last success of its process, that tell of
// no terminal but of itself or of what is behind it.
type Failures struct {
	Count int       `json:"count"`
	At    time.Time `json:"at"`    // of the last one
	Cause string    `json:"cause"` // of the last one, one line
}

// answers keeps the failures of one run. A success costs next to nothing while there are none.
type answers struct{ failed atomic.Pointer[Failures] }

// good notes a success.
func (a *answers) good() {
	if a.failed.Load() != nil {
		a.failed.Store(nil)
	}
}

// bad notes a failure.
func (a *answers) bad(cause string) {
	now := Failures{At: time.Now(), Cause: printable(cause, maxReason)}
	for {
		before := a.failed.Load()
		now.Count = 1
		if before != nil {
			now.Count += before.Count
		}
		if next := now; a.failed.CompareAndSwap(before, &next) {
			return
		}
	}
}

// route notes the answer of a routing strategy. That it has no route is an answer like another.
func (a *answers) route(err error) {
	if err == nil || errors.Is(err, push.ErrNotHere) || errors.Is(err, push.ErrNotAttached) {
		a.good()
	} else {
		a.bad(err.Error())
	}
}

// outcome notes the answer of a bearer. Of a terminal that can not be reached it says nothing of the bearer: one that does not work at
// all knows who is offline, too.
func (a *answers) outcome(o push.Outcome) {
	switch {
	case o.Kind == push.OutcomeDelivered || o.Kind == push.OutcomeAccepted:
		a.good()
	case o.Kind == push.OutcomeUnreachable || o.IsReturned():
	default:
		why := o.Kind.String()
		if o.Cause != "" {
			why += ": " + o.Cause
		}
		a.bad(why)
	}
}
