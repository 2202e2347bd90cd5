package radius

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"layeh.com/radius"
)

// An exchange is a request and its answer. What sends the request again gets the answer again, without its being handled again.
type exchange struct {
	key     exchangeKey
	control []byte // sends from where the request was sent to
	client  *Client
	arrived time.Time
	request *radius.Packet // until it is answered
	handled bool           // before, in part

	// The rest belongs to exchanges.mu.
	state  exchangeState
	until  time.Duration // when it is forgotten, if it is not working
	parts  int           // what is under way of it
	told   bool          // the directory has it on disk
	passed bool          // the next server has it, or we do not wait for that
	answer []byte
}

// exchangeKey is by what a repeat is known (RFC 2866 §3, RFC 5080 §2.2.2).
type exchangeKey struct {
	from          netip.AddrPort
	authenticator [16]byte
	identifier    byte
}

type exchangeState int

const (
	absent     exchangeState = iota
	working                  // not answered yet
	answered                 //
	unfinished               // a part of it failed, so it was not answered; a repeat goes on with what is missing
)

// A part of an exchange.
type part int

const (
	partHandle part = iota // as long as other parts may begin
	partTell               // the directory
	partPass               // to the next server, if we wait for it
)

// exchanges knows those that are not answered, and for a while those that are.
type exchanges struct {
	most int // that may be working

	mu       sync.Mutex
	open     map[exchangeKey]*exchange // working or unfinished
	failures []failure                 // in order of time
	answers  answeredBook
	working  int
	none     chan struct{} // closed when none is working; nil if nobody waits for it
}

// A failure is one that became unfinished.
type failure struct {
	exchange *exchange
	until    time.Duration // as the exchange has it, unless a repeat went on with it
}

func newExchanges(most int) *exchanges {
	return &exchanges{most: most, open: map[exchangeKey]*exchange{}, answers: newAnsweredBook()}
}

// find returns what is known of a request. An exchange that is answered does not change any more.
func (e *exchanges) find(k exchangeKey) (*exchange, exchangeState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x := e.open[k]; x != nil {
		return x, x.state
	}
	if x := e.answers.find(k); x != nil {
		return x, answered
	}
	return nil, absent
}

// begin takes a new exchange, or one that was unfinished, unless there are too many. It has the part partHandle.
func (e *exchanges) begin(x *exchange, now time.Duration) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.working >= e.most {
		return false
	}
	if x.state == absent {
		e.forget(now)
		e.open[x.key] = x
	}
	x.state, x.parts, x.until = working, 1, now+rememberedFor
	e.working++
	return true
}

// forget makes room.
func (e *exchanges) forget(now time.Duration) {
	e.answers.forget(now)
	for len(e.failures) > 0 {
		f := e.failures[0]
		if f.until > now && len(e.failures) <= remembered {
			return
		}
		if f.exchange.state == unfinished && f.exchange.until == f.until {
			delete(e.open, f.exchange.key)
		}
		e.failures[0] = failure{}
		e.failures = e.failures[1:]
	}
}

// missing returns what is to be done of one that is working, which counts as done from then on unless a part fails.
func (e *exchanges) missing(x *exchange) (tell, pass bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	tell, pass = !x.told, !x.passed
	x.told, x.passed = true, true
	return tell, pass
}

// add adds parts to one that is working.
func (e *exchanges) add(x *exchange, parts int) {
	e.mu.Lock()
	x.parts += parts
	e.mu.Unlock()
}

// done ends a part, and says whether the exchange is to be answered now: all parts have ended well. If the last part ends and one
// did not, the exchange is unfinished.
func (e *exchanges) done(x *exchange, p part, err error) (answer bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case err == nil:
	case p == partTell:
		x.told = false
	case p == partPass:
		x.passed = false
	}
	if x.parts--; x.parts > 0 {
		return false
	}
	if x.told && x.passed {
		return true
	}
	x.state = unfinished
	e.failures = append(e.failures, failure{x, x.until})
	e.end()
	return false
}

// answered keeps the answer of one whose parts have all ended.
func (e *exchanges) answered(x *exchange, answer []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x.state, x.answer, x.request = answered, answer, nil
	delete(e.open, x.key)
	e.answers.add(x)
	e.end()
}

func (e *exchanges) end() {
	if e.working--; e.working == 0 && e.none != nil {
		close(e.none)
		e.none = nil
	}
}

// count returns how many are working.
func (e *exchanges) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.working
}

// idle returns when none is working, or ctx is done.
func (e *exchanges) idle(ctx context.Context) {
	e.mu.Lock()
	if e.working == 0 {
		e.mu.Unlock()
		return
	}
	none := make(chan struct{})
	e.none = none
	e.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
