package dispatch

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestRouteAnswer has every answer of a strategy come to the timeline, and reads it there.
func TestRouteAnswer(t *testing.T) {
	online := push.Route{Session: &push.Session{Address: netip.MustParseAddr("10.45.0.7")}}
	for _, tt := range []struct {
		name  string
		route push.Route
		err   error
		want  string
	}{
		{"online", online, nil, AnswerRoute},
		{"offline", push.Route{Node: "ggsn1"}, nil, AnswerRoute},
		{"not here", push.Route{}, push.ErrNotHere, AnswerNotHere},
		{"not here, and why", push.Route{}, fmt.Errorf("%w: no rule", push.ErrNotHere), AnswerNotHere},
		{"not attached", push.Route{}, fmt.Errorf("%w: purged", push.ErrNotAttached), AnswerNotAttached},
		{"an error", push.Route{}, errors.New("plugin a: no answer"), AnswerError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}))
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { return tt.route, tt.err }
			rec := b.accept(store.Push{}, number)
			if tt.err == nil {
				b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeAccepted})
			}
			var answers []string
			for _, s := range b.final(rec.Deliveries[0]).Attempts[0].Steps {
				if answer, ok := RouteAnswer(&s); ok {
					answers = append(answers, answer)
				}
			}
			if len(answers) != 1 || answers[0] != tt.want {
				t.Errorf("the timeline has the answers %q, want %q", answers, tt.want)
			}
		})
	}
}
