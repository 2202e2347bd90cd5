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

// TestNoWay names the strategies that could not say, once each.
func TestNoWay(t *testing.T) {
	boom := errors.New("no answer")
	for _, tt := range []struct {
		name    string
		answers map[string]error // of the strategies a, b and c
		want    string
	}{
		{"nobody knows", map[string]error{}, "no routing strategy knows the subscriber"},
		{"one failed", map[string]error{"b": boom}, "no routing strategy knows the subscriber; without an answer: b"},
		{"two failed", map[string]error{"a": boom, "c": boom}, "no routing strategy knows the subscriber; without an answer: a, c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a", "b", "c", "a"}, OnError: policy.OnErrorNext}))
			b.plugins.route = func(strategy string, _ push.RouteRequest) (push.Route, error) {
				if err := tt.answers[strategy]; err != nil {
					return push.Route{}, err
				}
				return push.Route{}, push.ErrNotHere
			}
			f := b.final(b.accept(store.Push{}, number).Deliveries[0])
			if o := f.Attempts[0].Outcome; o.Cause != tt.want || o.Kind != push.OutcomeUnreachable {
				t.Errorf("the attempt ended as %+v, want unreachable: %s", o, tt.want)
			}
		})
	}
}
