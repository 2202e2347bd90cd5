package ggsn

import (
	"context"
	"errors"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/sdk/hlr"
)

// A peerState is whether a server of the network answers. The operator gets one line for each change.
type peerState struct {
	name string // for the log and /readyz

	mu  sync.Mutex
	why string // "" while it answers
}

// is takes why a server does not answer, "" when it did.
func (s *peerState) is(log hclog.Logger, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch was := s.why; {
	case was == "" && why != "":
		log.Warn(s.name+" does not answer", "why", why)
	case was != "" && why == "":
		log.Warn(s.name+" answers again", "before", was)
	}
	s.why = why
}

// missing is a line of Health.Missing, "" while the server answers.
func (s *peerState) missing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == "" {
		return ""
	}
	return s.name + " does not answer: " + s.why
}

// A watchedHLR is one whose silence is noted.
type watchedHLR struct {
	activation.HLR
	g *GGSN
}

// Query is part of activation.HLR. What a register refuses is an answer, too.
func (w watchedHLR) Query(ctx context.Context, q hlr.Question) (hlr.Location, error) {
	l, err := w.HLR.Query(ctx, q)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, hlr.ErrQuestion): // it was not asked
	case errors.Is(err, hlr.ErrDown), errors.Is(err, hlr.ErrTimeout):
		w.g.hlrState.is(w.g.log, err.Error())
	default:
		w.g.hlrState.is(w.g.log, "")
	}
	return l, err
}

// accountingIs takes whether the RADIUS server answers.
func (g *GGSN) accountingIs(answers bool) {
	why := ""
	if !answers {
		why = "accounting records are sent again and again, to " + g.config.accounting.Server
	}
	g.radiusState.is(g.log, why)
}
