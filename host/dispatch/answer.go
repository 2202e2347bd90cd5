package dispatch

import (
	"errors"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Answers of a routing strategy.
const (
	AnswerRoute       = "route"
	AnswerNotHere     = "not_here"
	AnswerNotAttached = "not_attached"
	AnswerError       = "error"
)

// Texts of routes begin with these words, and those of errors with a plugin's name or the error.
const (
	wordOnline  = "online"
	wordOffline = "offline"
)

// RouteAnswer is what a routing strategy answered by a step of the timeline; false if the step is no strategy's answer.
func RouteAnswer(s *store.Step) (answer string, ok bool) {
	if s.Name != "route" || s.Plugin == "" {
		return "", false
	}
	switch begins := func(word string) bool { return strings.HasPrefix(s.Text, word) }; {
	case begins(wordOnline), begins(wordOffline):
		return AnswerRoute, true
	case begins(push.ErrNotHere.Error()):
		return AnswerNotHere, true
	case begins(push.ErrNotAttached.Error()):
		return AnswerNotAttached, true
	}
	return AnswerError, true
}

// isFailure reports whether an error of a routing strategy is none of its ordinary answers.
func isFailure(err error) bool {
	return err != nil && !errors.Is(err, push.ErrNotHere) && !errors.Is(err, push.ErrNotAttached)
}

// noWay is why no routing strategy gave a route, by the timeline: those that failed may have known one.
func noWay(steps []store.Step) string {
	why := "no routing strategy knows the subscriber"
	var failed []string
	for i := range steps {
		if answer, _ := RouteAnswer(&steps[i]); answer == AnswerError && !slices.Contains(failed, steps[i].Plugin) {
			failed = append(failed, steps[i].Plugin)
		}
	}
	if len(failed) > 0 {
		why += "; without an answer: " + strings.Join(failed, ", ")
	}
	return why
}
