package dispatch

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// logbook is a log whose warnings the test reads while it is written.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines are those of warnings since the last call.
func (l *logbook) lines() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if _, said, ok := strings.Cut(strings.TrimSpace(line), "[WARN]  "); ok {
			list = append(list, said)
		}
	}
	l.text.Reset()
	return list
}

// keepLog has the bench's warnings written to a book.
func (b *bench) keepLog() *logbook {
	book := &logbook{}
	b.settle()
	b.opts.Log = hclog.New(&hclog.LoggerOptions{Output: book, Level: hclog.Warn})
	return book
}

// wantLines compares the warnings since the last call.
func (b *bench) wantLines(book *logbook, want ...string) {
	b.t.Helper()
	b.settle()
	if got := book.lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPassedOver has the first bearer of a plan fail, while the second one delivers everything.
func TestPassedOver(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "pdp"}, policy.Attempt{Bearer: "sms"}))
	book := b.keepLog()
	pass := func(id string, o push.Outcome) {
		t.Helper()
		rec := b.accept(store.Push{PushID: id}, number)
		b.Result("pdp", b.nextSent().ID, o)
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
		b.final(rec.Deliveries[0])
	}
	refused := func(n int) push.Outcome {
		return push.Outcome{Kind: push.OutcomeRefused, Cause: fmt.Sprintf(`node "ggsn%d" is none of this bearer`, n)}
	}
	noSource := push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "binding 10.0.0.1: cannot assign requested address"}
	const line = "an attempt failed, and the push goes on without it: instance=pdp cause="

	pass("1", refused(8))
	pass("2", refused(9))
	pass("3", push.Outcome{Kind: push.OutcomeUnreachable, Cause: "not online"})
	pass("4", noSource)
	pass("5", push.Outcome{Kind: push.OutcomeRefused, Text: "too long"})
	b.wantLines(book,
		line+`"node \"ggsn8\" is none of this bearer" push_id=1 outcome=refused next=sms`,
		line+`"binding 10.0.0.1: cannot assign requested address" push_id=4 outcome="failed for now" next=sms`,
		line+`"too long" push_id=5 outcome=refused next=sms`,
	)
	b.advance(logEvery - time.Millisecond)
	pass("6", refused(9))
	b.wantLines(book)
	b.advance(time.Millisecond)
	pass("7", refused(9))
	pass("8", noSource)
	b.wantLines(book,
		line+`"node \"ggsn9\" is none of this bearer" push_id=7 outcome=refused next=sms lines_left_out=2`,
		line+`"binding 10.0.0.1: cannot assign requested address" push_id=8 outcome="failed for now" next=sms`,
	)
}

// TestPassedOverIsNotTheEnd keeps a try that is made again, and one that is the end, out of these lines: the latter has its own.
func TestPassedOverIsNotTheEnd(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1}}))
	book := b.keepLog()
	b.accept(store.Push{PushID: "1"}, number)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "busy"})
	b.advance(time.Second)
	b.wantLines(book)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "busy"})
	b.settle()
	if lines := book.lines(); len(lines) != 1 || !strings.Contains(lines[0], "a push was not delivered") {
		t.Errorf("the log has %q", lines)
	}
}

// TestPassedOverTerminal has the second of two terminals get what the first one's bearer refused.
func TestPassedOverTerminal(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms"}))
	book := b.keepLog()
	b.people.are(alice, phone, other)
	b.acceptTo(store.Push{PushID: "1"}, alice)
	b.Result("sms", b.wantSent("sms", phone).ID, push.Outcome{Kind: push.OutcomeRefused, Cause: "barred"})
	b.answer(b.wantSent("sms", other), push.OutcomeDelivered)
	b.nothingLeft()
	b.wantLines(book, "an attempt failed, and the push goes on without it: instance=sms cause=barred push_id=1 outcome=refused next=\"another terminal\"")
}

// TestFailingStrategy has a strategy fail beside one that answers.
func TestFailingStrategy(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"apn", "hlr"}, OnError: policy.OnErrorNext}))
	book := b.keepLog()
	answer := func(id string, err error) {
		t.Helper()
		b.plugins.route = func(strategy string, _ push.RouteRequest) (push.Route, error) {
			if strategy == "apn" {
				return push.Route{}, err
			}
			return push.Route{Node: "ggsn1"}, nil
		}
		b.accept(store.Push{PushID: id}, number)
		b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeAccepted})
		b.settle()
	}
	answer("1", push.ErrNotHere)
	answer("2", fmt.Errorf("%w: no rule", push.ErrNotHere))
	b.wantLines(book)
	answer("3", errors.New("plugin apn: no answer within 100ms"))
	answer("4", errors.New("plugin apn: no answer within 99ms"))
	b.advance(logEvery)
	answer("5", errors.New("plugin apn: no answer within 98ms"))
	b.wantLines(book,
		`a routing strategy failed: instance=apn cause="plugin apn: no answer within 100ms" push_id=3`,
		`a routing strategy failed: instance=apn cause="plugin apn: no answer within 98ms" push_id=5 lines_left_out=1`,
	)
}

// TestTroublesAreFew bounds what is kept, and forgets what is not limited any more.
func TestTroublesAreFew(t *testing.T) {
	kept := troubles{}
	said := 0
	word := func(n int) string { return strings.Repeat("a", n%50) + strings.Repeat("b", n/50) }
	for n := range 10 * maxTroubles {
		if _, ok := kept.tell("sms", word(n), time.Second); ok {
			said++
		}
	}
	if len(kept) != maxTroubles+1 || said != maxTroubles+1 {
		t.Errorf("%d kept and %d said of %d", len(kept), said, 10*maxTroubles)
	}
	if unsaid, ok := kept.tell("sms", "another", time.Second+logEvery); !ok || unsaid != 0 || len(kept) != 1 {
		t.Errorf("later %d are kept; said: %v, after %d", len(kept), ok, unsaid)
	}
}
