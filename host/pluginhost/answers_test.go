package pluginhost

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// failures are those that the status of an instance tells of.
func (b *bench) failures(in string) string {
	f := b.status(in).Failures
	if f == nil {
		return "none"
	}
	if d := time.Since(f.At); d < 0 || d > patience {
		b.t.Errorf("the last failure of %s is of %s", in, f.At)
	}
	return fmt.Sprintf("%d, %s", f.Count, f.Cause)
}

// TestFailuresOfBearers has a bearer give one outcome after the other.
func TestFailuresOfBearers(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	for i, tt := range []struct {
		outcome push.OutcomeKind
		want    string
	}{
		{push.OutcomeUnreachable, "none"},
		{push.OutcomeRefused, "1, refused: as was asked for"},
		{push.OutcomeFailedForNow, "2, failed for now: as was asked for"},
		{push.OutcomeUnknown, "3, unknown: as was asked for"},
		{push.OutcomeUnreachable, "3, unknown: as was asked for"},
		{push.OutcomeAccepted, "none"},
		{push.OutcomeRefused, "1, refused: as was asked for"},
		{push.OutcomeDelivered, "none"},
	} {
		b.ask("sms", fmt.Sprint(i), tt.outcome.String())
		if got := b.failures("sms"); got != tt.want {
			t.Errorf("after %d, %s: %s, want %s", i, tt.outcome, got, tt.want)
		}
	}
}

// TestReturnedIsNoAnswer: what a bearer gives back untouched says nothing of it.
func TestReturnedIsNoAnswer(t *testing.T) {
	var a answers
	if a.outcome(push.Returned()); a.failed.Load() != nil {
		t.Errorf("it counts as a failure: %+v", a.failed.Load())
	}
	a.outcome(push.Outcome{Kind: push.OutcomeRefused})
	if a.outcome(push.Returned()); a.failed.Load() == nil || a.failed.Load().Cause != "refused" {
		t.Errorf("it counts as a success, or took the place of what was before: %+v", a.failed.Load())
	}
}

// TestFailuresOfStrategies has a routing strategy give one answer after the other. Those of a process that has ended are not told.
func TestFailuresOfStrategies(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "hlr", Use: "routing/echo"})
	ask := func(word string) {
		done := make(chan error, 1)
		b.Route("hlr", push.RouteRequest{ApplicationID: word}, patience, func(_ push.Route, err error) { done <- err })
		<-done
	}
	for i, tt := range []struct{ word, want string }{
		{"node-1", "none"},
		{"error", "1, the register is silent"},
		{"error", "2, the register is silent"},
		{"not here", "none"},
		{"error", "1, the register is silent"},
		{"not attached", "none"},
		{"error", "1, the register is silent"},
	} {
		if ask(tt.word); b.failures("hlr") != tt.want {
			t.Errorf("after %d, %s: %s, want %s", i, tt.word, b.failures("hlr"), tt.want)
		}
	}
	if err := syscall.Kill(b.status("hlr").PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another process", func() bool { s := b.status("hlr"); return s.Restarts == 1 && s.State == StateRunning })
	if got := b.failures("hlr"); got != "none" {
		t.Errorf("after a restart: %s", got)
	}
}
