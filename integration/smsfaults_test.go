package integration

import (
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// What a network may do to the answers, and what becomes of the push. The README has it as a table.
var answerFaults = []struct {
	name   string
	short  bool // a push of one segment, not of three
	next   []peers.Answer
	always peers.Answer

	delivered  bool
	segments   int // that came to the network, 0 for any number
	messages   int // whole ones that the terminal has, -1 for any number
	incomplete int
	state      string // of a push that was not delivered, "" for any
}{
	{name: "none", delivered: true, segments: 3, messages: 1},
	{name: "every answer twice", always: peers.Answer{Twice: true}, delivered: true, segments: 3, messages: 1},
	{name: "slow, so that others answer first", always: peers.Answer{Delay: 700}, delivered: true, segments: 3, messages: 1},
	{name: "one answer late, after it was given up", next: []peers.Answer{{}, {Delay: 1500}}, delivered: true, segments: 4, messages: 1},
	{name: "one answer never", next: []peers.Answer{{}, {Silent: true}}, delivered: true, segments: 4, messages: 1},
	// A terminal that has put the push together does not know what the last segment is of when it comes again.
	{name: "the last answer never", next: []peers.Answer{{}, {}, {Silent: true}}, delivered: true, segments: 4, messages: 1, incomplete: 1},
	{name: "all answers late", always: peers.Answer{Delay: 1500}, messages: -1},
	{name: "no answer", always: peers.Answer{Silent: true}, messages: -1},
	{name: "no answer, one segment", short: true, always: peers.Answer{Silent: true}, messages: -1, state: "timeout"}, // it may have arrived
	{name: "fails for now, then well", next: []peers.Answer{{Status: 0xfe}, {Status: 0x08}}, delivered: true, segments: 5, messages: 1},
	{name: "fails for good at the last segment", next: []peers.Answer{{}, {}, {Status: 0xfe, Reason: new(2)}}, segments: 3, incomplete: 1},
}

// Answers that come late, doubled, out of order or never, for a push each, side by side.
func TestAnswersOfTheNetwork(t *testing.T) {
	t.Parallel()
	for _, mode := range chainModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, mode, patience{window: "4s", answer: "1s", within: "12s"})
			for i, f := range answerFaults {
				if len(f.next) > 0 {
					c.network.NextTo(t, chainNumber(i), f.next...)
				}
				c.network.AlwaysTo(t, chainNumber(i), f.always)
			}
			c.gateway.Start(t)
			for i, f := range answerFaults {
				if f.short {
					c.submitText(t, i, "short")
				} else {
					c.submit(t, i)
				}
			}
			for i, f := range answerFaults {
				got := c.fate(t, i)
				t.Logf("%s: %s, %s %q, %d whole and %d incomplete from %d segments", f.name, got.State, got.Code, got.Desc, len(got.whole), got.incomplete, c.segments(i))
				if (got.State == "delivered") != f.delivered {
					t.Errorf("%s: reported as %s", f.name, got.State)
				}
				if f.state != "" && got.State != f.state {
					t.Errorf("%s: reported as %s, want %s", f.name, got.State, f.state)
				}
				if f.messages >= 0 && (len(got.whole) != f.messages || got.incomplete != f.incomplete) {
					t.Errorf("%s: the terminal has %d messages and %d incomplete, want %d and %d", f.name, len(got.whole), got.incomplete, f.messages, f.incomplete)
				}
				if sent := c.segments(i); f.segments > 0 && sent != f.segments {
					t.Errorf("%s: the network got %d segments, want %d", f.name, sent, f.segments)
				}
			}
			c.checkTexts(t)
		})
	}
}

const burst = 12

// unhurried is the patience of a chain whose parts are killed or cut off and come back on a busy machine.
var unhurried = patience{window: "20s", answer: "10s", within: "50s"}

// submitBurst submits pushes and returns when the network has their first segments and takes its time with the second ones.
func (c *chain) submitBurst(t *testing.T) {
	t.Helper()
	for i := range burst {
		c.network.NextTo(t, chainNumber(i), peers.Answer{}, peers.Answer{Delay: 3000})
	}
	for i := range burst {
		c.submit(t, i)
	}
	process.Eventually(t, 20*time.Second, "every push has two segments on the way", func() bool { return len(c.network.Submits()) == 2*burst })
}

// checkBurst fails unless every push of the burst was delivered, to each terminal once.
func (c *chain) checkBurst(t *testing.T) {
	t.Helper()
	for i := range burst {
		f := c.fate(t, i)
		if f.State != "delivered" || len(f.whole) != 1 || f.incomplete != 0 {
			t.Errorf("push %d: %s, %s %q; the terminal has %d messages and %d incomplete", i, f.State, f.Code, f.Desc, len(f.whole), f.incomplete)
		}
	}
	c.checkTexts(t)
}

// The network's side is cut with segments on the air: what has no answer is sent again under the same reference.
func TestDeliveryLinkCut(t *testing.T) {
	t.Parallel()
	for _, mode := range chainModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, mode, unhurried)
			c.gateway.Start(t)
			c.submitBurst(t)
			c.network.Drop(t)
			c.checkBurst(t)
			if got := c.network.Closed(); got == 0 {
				t.Error("no connection was cut")
			}
		})
	}
}

// The host is killed with pushes on the way. It submits them again when it is back, with the identity they had; the push SMSC, which
// has finished them or is about to, knows them, and an integrated bearer goes on where it was: the terminal gets no second message.
func TestHostKilledWithPushesOnTheWay(t *testing.T) {
	t.Parallel()
	for _, mode := range chainModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, mode, unhurried)
			c.gateway.Start(t)
			c.submitBurst(t)
			c.gateway.Kill(t)
			c.gateway.Start(t)
			c.checkBurst(t)
		})
	}
}

// The push SMSC is killed with transactions on the way, and is there again. What the gateway had no answer to is submitted once more;
// the SMSC that came back knows nothing of before, so that a terminal may get a push twice, but never in parts of two.
func TestPushSMSCKilled(t *testing.T) {
	t.Parallel()
	c := newChain(t, "delegate", unhurried)
	c.gateway.Start(t)
	c.submitBurst(t)
	c.smsc.AwaitSuspended(t, burst)
	c.smsc.Kill(t)
	c.smsc.Start(t)
	twice := 0
	for i := range burst {
		f := c.fate(t, i)
		if f.State != "delivered" || len(f.whole) == 0 || len(f.whole) > 2 {
			t.Errorf("push %d: %s, %s %q; the terminal has %d messages", i, f.State, f.Code, f.Desc, len(f.whole))
		}
		if len(f.whole) > 1 {
			twice++
		}
	}
	t.Logf("%d of %d terminals got their push twice", twice, burst)
	c.checkTexts(t)
}

// The link between the gateway and the push SMSC is cut with transactions on the way: the SMSC finishes them, knows the pushes when
// they come again over a new link, and answers those. No terminal gets a second message.
func TestLinkToPushSMSCCut(t *testing.T) {
	t.Parallel()
	c := newChain(t, "delegate", unhurried)
	g := newGate(t, c.smsc.Address)
	g.open.Store(true)
	c.gateway.Write(t, "ppgbox.toml", strings.ReplaceAll(c.gateway.Configuration(t), c.smsc.Address, g.address))
	c.gateway.Start(t)
	c.submitBurst(t)
	c.smsc.AwaitSuspended(t, burst)
	g.cut()
	g.open.Store(true)
	c.checkBurst(t)
	if !strings.Contains(c.smsc.Log(), "a link was lost with transactions on the way: they are finished") {
		t.Error("the push SMSC does not say that a link was lost with transactions on the way")
	}
}
