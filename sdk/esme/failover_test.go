package esme

import (
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Messages go over the link of higher priority, over the other one while that is down, and over the first one again when it is back.
func TestFailover(t *testing.T) {
	first, second := startSMSC(t, 0), startSMSC(t, 0)
	ready := make(chan struct{}, 100)
	ls := start(t, Options{Ready: func() { ready <- struct{}{} }},
		File{Address: second.l.Addr().String(), Priority: -1}, File{Address: first.l.Addr().String()})
	session := first.bind(t)
	second.bind(t)
	eventually(t, "both are bound", func() bool { return ls.Places() == 200 })
	results := make(chan smpp.Result, 1)
	send := func() *smsc {
		t.Helper()
		l := ls.Submit(ls.Way("46701234567"), nil, 0, func(*Link) smpp.PDU { return &smpp.SubmitSM{} }, func(r smpp.Result) { results <- r })
		if l == nil {
			t.Fatal("no place")
		}
		if r := receive(t, results, "result"); r.Outcome != smpp.Accepted {
			t.Fatalf("result %+v", r)
		}
		if l.Address() == first.l.Addr().String() {
			receive(t, first.pdus, "message")
			return first
		}
		receive(t, second.pdus, "message")
		return second
	}
	if send() != first {
		t.Error("sent over the link of lower priority")
	}
	session.Close()
	eventually(t, "the first is down", func() bool { return ls.Places() == 100 })
	if send() != second {
		t.Error("sent over a link that is down")
	}
	first.bind(t)
	eventually(t, "the first is back", func() bool { return ls.Places() == 200 })
	if send() != first {
		t.Error("the link that is back is not used")
	}
	eventually(t, "told of the places of three binds", func() bool { return len(ready) >= 3 })
}

// The links of a throttled SMSC have no places for a while, and then fewer; the end of the pause is told.
func TestThrottledLinkPauses(t *testing.T) {
	s := startSMSC(t, 0)
	s.says = func() smpp.Status { return smpp.StatusThrottled }
	ready := make(chan struct{}, 100)
	ls := start(t, Options{Ready: func() { ready <- struct{}{} }}, File{Address: s.l.Addr().String(), Window: window(8)})
	s.bind(t)
	receive(t, ready, "place")
	results := make(chan smpp.Result, 1)
	submit := func() *Link {
		return ls.Submit(ls.Way("4670"), nil, 0, func(*Link) smpp.PDU { return &smpp.SubmitSM{} }, func(r smpp.Result) { results <- r })
	}
	if submit() == nil {
		t.Fatal("no place")
	}
	if r := receive(t, results, "result"); r.Status != smpp.StatusThrottled {
		t.Fatalf("result %+v", r)
	}
	if submit() != nil {
		t.Error("a place in the pause")
	}
	receive(t, ready, "end of the pause")
	if n := ls.all[0].free(); n != 4 {
		t.Errorf("%d places after the pause, want half", n)
	}
}
