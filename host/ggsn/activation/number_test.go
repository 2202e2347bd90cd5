package activation

import (
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
)

func byNumber(p *node.Push) { p.IMSI, p.MSISDN = "", "358401234567" }

// A push by number alone goes to the terminal that the HLR says has it.
func TestNumber(t *testing.T) {
	b := newBench(t)
	b.hlr.location.IMSI = testIMSI
	p := b.push("a", byNumber)
	n := b.notified()
	if n.m.IMSI != testIMSI {
		t.Errorf("notified is %s", n.m.IMSI)
	}
	if q := b.hlr.questions[0]; q != (hlr.Question{MSISDN: "358401234567"}) {
		t.Errorf("the HLR is asked %+v", q)
	}
	n.answer(0x80)
	b.up().wants(t, "a")
	b.sent(p)
	b.left()
}

// What the HLR says instead.
func TestNumberOfNobody(t *testing.T) {
	rows := []struct {
		name string
		err  error
		want node.Cause
	}{
		{"it can not be asked by number", fmt.Errorf("test: %w", hlr.ErrQuestion), node.NotIdentified},
		{"it does not say the IMSI", nil, node.NotIdentified},
		{"it knows no such number", fmt.Errorf("test: %w", hlr.ErrUnknownSubscriber), node.UnknownIMSI},
		{"it does not answer", fmt.Errorf("test: %w", hlr.ErrTimeout), node.HLRFailed},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t)
			b.hlr.err = row.err
			b.failed(b.push("a", byNumber), row.want)
			b.left()
		})
	}
}

// While the HLR is asked, a push by number can be given up, runs out of time, and ends with the node.
func TestNumberMeanwhile(t *testing.T) {
	rows := []struct {
		name string
		what func(*bench)
		want node.Cause
	}{
		{"it is cancelled", func(b *bench) { b.e.Cancel("a") }, node.Cancelled},
		{"its time ends", func(b *bench) { b.clock.Advance(time.Minute); close(b.hlr.hold) }, node.Expired},
		{"the node is stopped", func(b *bench) { b.e.Close() }, node.NodeStopping},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t)
			b.hlr.location.IMSI = testIMSI
			b.hlr.hold = make(chan struct{})
			p := b.push("a", byNumber)
			b.await(func() bool { return b.hlr.asked() == 1 })
			b.failed(b.push("a", byNumber), node.Failed) // the same identifier
			row.what(b)
			b.failed(p, row.want)
			b.quiet()
		})
	}
}

// Only so many are asked for at once.
func TestNumbers(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Limits.Queries = 1 })
	b.hlr.hold = make(chan struct{})
	b.push("a", byNumber)
	b.failed(b.push("b", byNumber), node.QueueFull)
}
