package esme

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Operators learn that an SMSC slows a link down, once a minute.
func TestSlowedLinkIsLogged(t *testing.T) {
	s := startSMSC(t, 0)
	s.says = func() smpp.Status { return smpp.StatusThrottled }
	var out syncBuffer
	var thirds atomic.Int64
	begin := time.Now()
	ls := start(t, Options{
		Log: hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Info}),
		Now: func() time.Time { return begin.Add(time.Duration(thirds.Load()) * time.Minute / 3) }, // of a minute
	}, File{Address: s.l.Addr().String(), Window: window(7), Rate: "50/s"})
	s.bind(t)
	eventually(t, "bound", func() bool { return ls.Places() > 0 })
	results := make(chan smpp.Result, 1)
	for third := range int64(5) { // at 0, 20, 40, 60 and 80 s
		thirds.Store(third)
		if ls.Submit(1, nil, 0, func(*Link) smpp.PDU { return &smpp.SubmitSM{} }, func(r smpp.Result) { results <- r }) == nil {
			t.Fatal("no place")
		}
		receive(t, results, "result")
	}
	text := out.String()
	if n := strings.Count(text, "slows the link down"); n != 2 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for _, want := range []string{"status=ESME_RTHROTTLED answers=1 ", "status=ESME_RTHROTTLED answers=3 ", "window=7 rate=50"} {
		if !strings.Contains(text, want) {
			t.Errorf("without %q:\n%s", want, text)
		}
	}
}
