package dispatch

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestFailuresAreLogged(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	var log bytes.Buffer
	b.settle()
	b.opts.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
	began := time.Now()
	for range 10 * loglimit.PerSecond {
		b.accept(store.Push{PushID: "lost"}, number)
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeRefused, Cause: "ESME_RINVDSTADR"})
	}
	b.accept(store.Push{PushID: "arrived"}, number)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.await("all to be final", func() bool { return b.Pending() == 0 })
	b.Stop()
	text := log.String()
	if !strings.Contains(text, "push_id=lost") || !strings.Contains(text, "cause=ESME_RINVDSTADR") || !strings.Contains(text, "instance=sms") {
		t.Errorf("a push that was not delivered is not in the log:\n%s", text)
	}
	if strings.Contains(text, "arrived") {
		t.Error("a push that was delivered has a line")
	}
	took := time.Since(began)
	if may := loglimit.Burst + 1 + int(took.Seconds()*loglimit.PerSecond); strings.Count(text, "push_id=lost") > may {
		t.Errorf("%d lines for %d failures in %v, want %d at most", strings.Count(text, "push_id=lost"), 10*loglimit.PerSecond, took, may)
	}
}
