package activation

import (
	"context"
	"errors"

	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A lookup is a push that names its terminal by a number alone, while the HLR is asked whose that is.
type lookup struct{ done func(node.Result) }

// identify asks the HLR for the IMSI of a push's number, and goes on with the push by that. As many as Limits.Queries are asked for at
// once, beside the questions of activations.
func (e *Engine) identify(p node.Push, done func(node.Result)) {
	until := e.clock.Elapsed() + min(p.Within, e.limits.Within)
	l := &lookup{done}
	e.mu.Lock()
	var full *Outcome
	switch {
	case e.closed:
		full = &stopping
	case e.byID[p.ID] != nil || e.lookups[p.ID] != nil:
		full = &twice
	case len(e.lookups) >= e.limits.Queries:
		full = &fullNode
	}
	if full != nil {
		o := *full
		e.mu.Unlock()
		refuse(p, done, o)
		return
	}
	e.lookups[p.ID] = l
	e.stats.Asked++
	e.asking.Go(func() {
		location, err := e.o.HLR.Query(e.ctx, hlr.Question{MSISDN: p.MSISDN})
		if !e.found(p.ID, l) {
			return
		}
		if r, ok := unidentified(location, err); ok {
			result := r.result()
			result.ID = p.ID
			done(result)
			return
		}
		p.IMSI, p.Within = location.IMSI, until-e.clock.Elapsed()
		e.Push(p, done)
	})
	e.mu.Unlock()
}

// found takes a lookup out. False is that it was cancelled meanwhile.
func (e *Engine) found(id string, l *lookup) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lookups[id] != l {
		return false
	}
	delete(e.lookups, id)
	return true
}

// unidentified says why the HLR's answer has no IMSI. A register that can not be asked by number, as over GTP, or that does not say the
// IMSI, as over Sh, has not said that there is no such subscriber.
func unidentified(l hlr.Location, err error) (refusal, bool) {
	switch {
	case errors.Is(err, context.Canceled):
		return stopping.plain(), true
	case errors.Is(err, hlr.ErrQuestion):
		return nobody.because("%s: %v", nobody.Answer, err), true
	case err != nil:
		return ofQuestionError(err).because("the HLR: %v", err), true
	case l.IMSI == "":
		return nobody.because("%s: the HLR (%s) does not say it", nobody.Answer, l.Source), true
	}
	return refusal{}, false
}
