package activation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// lines are exchanges to read.
func lines(list []push.Exchange) []string {
	var all []string
	for _, x := range list {
		all = append(all, fmt.Sprintf("%v %s > %s: %s", x.After, x.From, x.To, x.Text))
	}
	return all
}

// A result tells what was done for the push, with the time since it came.
func TestExchanges(t *testing.T) {
	const (
		query    = "0s GGSN > HLR: where is the subscriber?"
		at       = "0s HLR > GGSN: SGSN 192.0.2.20"
		notify   = "0s GGSN > SGSN 192.0.2.20: PDU Notification Request, APN push.operator, 10.45.0.7"
		response = "1s SGSN 192.0.2.20 > GGSN: PDU Notification Response: request accepted"
	)
	create := func(b *bench, asked gtp.EndUserAddress) {
		b.clock.Advance(time.Second)
		b.e.MayCreate(testIMSI, testAPN, asked)
		b.clock.Advance(time.Second)
	}
	tests := []struct {
		name string
		plan Plan
		do   func(b *bench, n *notice)
		want []string
	}{
		{"sent", Plan{Static, testStatic, 0}, func(b *bench, n *notice) {
			n.answer(gtp.CauseRequestAccepted)
			create(b, gtp.StaticAddress(testStatic))
			b.up()
		}, []string{
			query, at, notify, response,
			"2s SGSN 192.0.2.20 > GGSN: Create PDP Context Request, 10.45.0.7",
			"3s GGSN > SGSN 192.0.2.20: Create PDP Context Response: request accepted",
			"3s GGSN > terminal: push",
		}},
		{"new address", Plan{Variant: Preallocated}, func(_ *bench, n *notice) { n.answer(gtp.CauseMSRefuses) }, []string{
			query, at, "0s GGSN > SGSN 192.0.2.20: PDU Notification Request, APN push.operator, 10.46.0.1, which is new",
			"1s SGSN 192.0.2.20 > GGSN: PDU Notification Response: MS refuses",
		}},
		{"rejected", Plan{Variant: Network}, func(b *bench, n *notice) {
			n.answer(gtp.CauseRequestAccepted)
			n.reject(b.e, gtp.CauseMSRefuses)
		}, []string{
			query, at, "0s GGSN > SGSN 192.0.2.20: PDU Notification Request, APN push.operator, no address, network activation", response,
			"1s SGSN 192.0.2.20 > GGSN: PDU Notification Reject Request: MS refuses",
		}},
		{"another address", Plan{Variant: Dynamic}, func(b *bench, n *notice) {
			n.answer(gtp.CauseRequestAccepted)
			create(b, gtp.StaticAddress(testStatic))
		}, []string{
			query, at, "0s GGSN > SGSN 192.0.2.20: PDU Notification Request, APN push.operator, no address", response,
			"2s SGSN 192.0.2.20 > GGSN: Create PDP Context Request, 10.45.0.7",
			"2s GGSN > SGSN 192.0.2.20: Create PDP Context Response: unknown PDP address or PDP type",
		}},
		{"no address left", Plan{Variant: Dynamic}, func(b *bench, n *notice) {
			n.answer(gtp.CauseRequestAccepted)
			create(b, gtp.DynamicAddress(gtp.PDPIPv4))
			b.e.CreateFailed(testIMSI, testAPN, gtp.CauseAllAddressesOccupied, "none")
		}, []string{
			query, at, "0s GGSN > SGSN 192.0.2.20: PDU Notification Request, APN push.operator, no address", response,
			"2s SGSN 192.0.2.20 > GGSN: Create PDP Context Request, no address",
			"3s GGSN > SGSN 192.0.2.20: Create PDP Context Response: all dynamic PDP addresses are occupied",
		}},
		{"time over", Plan{Static, testStatic, 0}, func(b *bench, n *notice) {
			n.answer(gtp.CauseRequestAccepted)
			b.clock.Advance(time.Hour)
		}, []string{query, at, notify, response}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.plan = tt.plan
			p := b.push("a")
			n := b.notified()
			b.clock.Advance(time.Second)
			tt.do(b, n)
			if got := lines(b.result(p).Exchanges); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want\n%q", got, tt.want)
			}
		})
	}
}

// What was done before a push joined is told as if it were done then.
func TestExchangesOfAnother(t *testing.T) {
	b := newBench(t)
	_, n := b.activated("a")
	b.clock.Advance(time.Second)
	p := b.push("b")
	b.clock.Advance(time.Second)
	n.reject(b.e, gtp.CauseMSRefuses)
	got := lines(b.result(p).Exchanges)
	if len(got) != 5 || got[0] != "0s GGSN > HLR: where is the subscriber?" ||
		got[4] != "1s SGSN 192.0.2.20 > GGSN: PDU Notification Reject Request: MS refuses" {
		t.Errorf("%q", got)
	}
}

// An answer of the HLR that ends it, and a terminal that comes by itself.
func TestExchangesWithoutNotification(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Name = "GGSN ggsn1" })
	b.hlr.location = hlr.Location{NotReachable: hlr.GPRSDetached}
	want := []string{"0s GGSN ggsn1 > HLR: where is the subscriber?", "0s HLR > GGSN ggsn1: not reachable: GPRS detached"}
	if got := lines(b.failed(b.push("a"), node.NotAttached).Exchanges); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	b.hlr.hold = make(chan struct{})
	p := b.push("b")
	b.await(func() bool { return b.hlr.asked() == 2 })
	b.e.MayCreate(testIMSI, testAPN, gtp.DynamicAddress(gtp.PDPIPv4))
	b.up()
	want = []string{
		"0s GGSN ggsn1 > HLR: where is the subscriber?", "0s SGSN > GGSN ggsn1: Create PDP Context Request, no address",
		"0s GGSN ggsn1 > SGSN: Create PDP Context Response: request accepted", "0s GGSN ggsn1 > terminal: push",
	}
	if got := lines(b.result(p).Exchanges); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	close(b.hlr.hold)
	if r := b.result(b.push("c")); r.Exchanges != nil {
		t.Errorf("a push to a context: %q", lines(r.Exchanges))
	}
}

// However often a terminal asks for a context, what is kept has an end.
func TestExchangesAreBounded(t *testing.T) {
	b := newBench(t)
	b.plan = Plan{Variant: Dynamic}
	p, _ := b.activated("a")
	for range 2 * push.MaxExchanges {
		b.e.MayCreate(testIMSI, testAPN, gtp.DynamicAddress(gtp.PDPIPv4))
	}
	b.up()
	got := lines(b.result(p).Exchanges)
	if len(got) != push.MaxExchanges || got[len(got)-1] != "0s GGSN > terminal: push" {
		t.Errorf("%d: %q", len(got), got)
	}
}
