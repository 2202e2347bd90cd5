package activation

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Every row of the table is reached, and is what follows: the push's result, the flag and the report, and how often the SGSN is
// notified.
func TestCauses(t *testing.T) {
	walked := map[Outcome]bool{}
	for i, o := range Causes() {
		if walked[o] {
			t.Errorf("row %d twice: %+v", i, o)
		}
		walked[o] = true
		ways := waysTo(o)
		if len(ways) == 0 {
			t.Errorf("no test leads to %+v", o)
		}
		for name, way := range ways {
			t.Run(fmt.Sprintf("%s/%s/%s", o.Stage, o.Answer, name), func(t *testing.T) {
				b := newBench(t)
				r := b.failed(way(b), o.Cause)
				if r.GTPCause != uint8(o.GTP) || r.RetryAfter != o.RetryAfter {
					t.Errorf("result %+v, want cause %d and %v", r, o.GTP, o.RetryAfter)
				}
				b.clock.Advance(b.e.limits.Pause + time.Millisecond)
				b.quiet()
				if got := b.e.Stats().NotReachable == 1; got != o.NotReachable {
					t.Errorf("MNRG is %v", got)
				}
				b.mu.Lock()
				if got := slices.Equal(b.reports, []push.IMSI{testIMSI}); got != o.Report {
					t.Errorf("reports %v", b.reports)
				}
				b.mu.Unlock()
				b.left()
			})
		}
	}
}

type way func(*bench) pushed

func waysTo(o Outcome) map[string]way {
	switch {
	case o.Reason != "":
		return map[string]way{"": func(b *bench) pushed {
			b.hlr.location = hlr.Location{NotReachable: o.Reason}
			return b.unnotified()
		}}
	case o.Stage == stageHLR:
		for _, q := range questionErrors {
			if q.Answer == o.Answer {
				return map[string]way{"": func(b *bench) pushed {
					b.hlr.err = &hlr.Error{Backend: "test", Kind: q.err}
					return b.unnotified()
				}}
			}
		}
	case o.Stage == stageSGSN && o == ofCause(o.GTP):
		return map[string]way{
			"response": func(b *bench) pushed {
				return b.notifiedAndThen(o, func(n *notice) { n.answer(o.GTP) })
			},
			"reject": func(b *bench) pushed {
				return b.notifiedAndThen(o, func(n *notice) {
					n.answer(gtp.CauseRequestAccepted)
					n.reject(b.e, o.GTP)
				})
			},
			"reject before the response": func(b *bench) pushed {
				return b.notifiedAndThen(o, func(n *notice) {
					n.reject(b.e, o.GTP)
					n.answer(gtp.CauseRequestAccepted)
				})
			},
		}
	case o.Stage == stageSGSN:
		for _, p := range pathErrors {
			if p.Answer == o.Answer {
				err := p.err
				if errors.Is(err, errUnreadable) {
					err = &gtp.ParseError{Reason: "test"}
				}
				return map[string]way{
					"answer": func(b *bench) pushed {
						return b.notifiedAndThen(o, func(n *notice) { n.fail(fmt.Errorf("test: %w", err)) })
					},
					"send": func(b *bench) pushed {
						b.path.err = err
						return b.push("a")
					},
				}
			}
		}
	}
	return nodeWays()[o.Answer]
}

// unnotified is a push for which the SGSN is not asked.
func (b *bench) unnotified() pushed {
	p := b.push("a")
	r := b.result(p)
	b.quiet()
	p <- r
	return p
}

// notifiedAndThen is a push whose notifications, as many as the outcome asks for, all end in one way.
func (b *bench) notifiedAndThen(o Outcome, then func(*notice)) pushed {
	p := b.push("a")
	if o.AskAgain {
		b.hlr.mu.Lock()
		b.hlr.fresh = &hlr.Location{Attached: true, SGSN: otherSGSN.String()}
		b.hlr.mu.Unlock()
	}
	then(b.notified())
	switch {
	case o.AskAgain:
		n := b.notified()
		if n.to.Addr() != otherSGSN {
			b.t.Errorf("notified %v again", n.to)
		}
		then(n)
	case o.Again:
		b.clock.Advance(b.e.limits.Pause)
		then(b.notified())
	}
	return p
}

// nodeWays lead to what the node finds.
func nodeWays() map[string]map[string]way {
	one := func(w way) map[string]way { return map[string]way{"": w} }
	limits := func(b *bench, change func(*Limits)) { change(&b.e.limits) }
	lose := func(b *bench) {
		c := &tunnel{imsi: testIMSI, apn: testAPN, err: ErrGone}
		b.e.ContextUp(c)
	}
	return map[string]map[string]way{
		foreign.Answer: one(func(b *bench) pushed {
			b.hlr.location.SGSN = "358401234567"
			return b.unnotified()
		}),
		contextLate.Answer: {
			"limit": func(b *bench) pushed {
				p, _ := b.activated("a")
				b.clock.Advance(b.e.limits.Activation)
				return p
			},
			"push": func(b *bench) pushed {
				p := b.push("a", func(p *node.Push) { p.Within = time.Second })
				b.notified().answer(gtp.CauseRequestAccepted)
				b.clock.Advance(time.Second)
				r := b.result(p)
				b.clock.Advance(b.e.limits.Activation)
				p <- r
				return p
			},
		},
		sgsnRestarted.Answer: one(func(b *bench) pushed {
			p, _ := b.activated("a")
			b.e.SGSNRestarted(otherSGSN, "")
			b.e.SGSNRestarted(testSGSN, "")
			b.clock.Advance(b.e.limits.Pause)
			b.notified().answer(gtp.CauseRequestAccepted)
			b.e.SGSNRestarted(testSGSN, "")
			return p
		}),
		noAddress.Answer: {
			"before": func(b *bench) pushed {
				b.plan = Plan{Variant: Preallocated}
				b.nodes.err = errors.New("none")
				return b.unnotified()
			},
			"create": func(b *bench) pushed {
				b.plan = Plan{Variant: Dynamic}
				p, _ := b.activated("a")
				b.e.CreateFailed(testIMSI, testAPN, gtp.CauseAllAddressesOccupied, "none")
				return p
			},
		},
		wrongAddress.Answer: one(func(b *bench) pushed {
			p, _ := b.activated("a")
			if v := b.e.MayCreate(testIMSI, testAPN, gtp.StaticAddress(testPooled)); v.Cause != gtp.CauseUnknownPDPAddressOrType || !v.Notified {
				b.t.Errorf("%+v", v)
			}
			return p
		}),
		otherAddress.Answer: one(func(b *bench) pushed {
			b.nodes.owners = map[netip.Addr]key{testStatic: keyOf("001019999999999", testAPN)}
			return b.unnotified()
		}),
		otherNumber.Answer: one(func(b *bench) pushed {
			b.nodes.owners = map[netip.Addr]key{testStatic: keyOf(testIMSI, testAPN)}
			b.nodes.add(&tunnel{imsi: testIMSI, apn: testAPN, msisdn: "46701111111"})
			return b.push("a", func(p *node.Push) { p.IMSI, p.MSISDN, p.Address = "", "46709999999", testStatic })
		}),
		noStatic.Answer: one(func(b *bench) pushed {
			b.plan.Address = netip.Addr{}
			return b.unnotified()
		}),
		contextRefused.Answer: one(func(b *bench) pushed {
			p, _ := b.activated("a")
			b.e.CreateFailed(testIMSI, testAPN, contextRefused.GTP, "test")
			return p
		}),
		contextLost.Answer: one(func(b *bench) pushed {
			p, _ := b.activated("a")
			lose(b)
			b.notified().answer(gtp.CauseRequestAccepted)
			lose(b)
			return p
		}),
		stopping.Answer: {
			"waiting": func(b *bench) pushed {
				p, _ := b.activated("a")
				b.e.Close()
				return p
			},
			"notifying": func(b *bench) pushed {
				p := b.push("a")
				n := b.notified()
				b.e.Close()
				n.answer(gtp.CauseMSNotResponding)
				return p
			},
			"asking": func(b *bench) pushed {
				b.hlr.hold = make(chan struct{})
				p := b.push("a")
				b.e.Close()
				return p
			},
			"pausing": func(b *bench) pushed {
				p := b.push("a")
				b.notified().answer(gtp.CauseNoMemory)
				b.e.Close()
				return p
			},
			"closed": func(b *bench) pushed {
				b.e.Close()
				return b.push("a")
			},
			"delivering": func(b *bench) pushed {
				p, _ := b.activated("a")
				b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN, err: ErrGone, before: b.e.Close})
				return p
			},
		},
		notServed.Answer: one(func(b *bench) pushed {
			return b.push("a", func(p *node.Push) { p.APN = "another.operator" })
		}),
		nobody.Answer: {
			"address": func(b *bench) pushed {
				return b.push("a", func(p *node.Push) { p.IMSI, p.Address = "", testPooled })
			},
			"number": func(b *bench) pushed {
				b.hlr.err = hlr.ErrQuestion
				return b.push("a", func(p *node.Push) { p.IMSI, p.MSISDN = "", "358401234567" })
			},
		},
		fullTerminal.Answer: one(func(b *bench) pushed {
			limits(b, func(l *Limits) { l.PushesPerTerminal = 1 })
			return b.beside(func() pushed { return b.push("b") })
		}),
		fullNode.Answer: one(func(b *bench) pushed {
			limits(b, func(l *Limits) { l.Pushes = 1 })
			return b.beside(func() pushed {
				return b.push("b", func(p *node.Push) { p.IMSI = "001010000000002" })
			})
		}),
		twice.Answer: one(func(b *bench) pushed {
			return b.beside(func() pushed { return b.push("a") })
		}),
		tooLong.Answer: one(func(b *bench) pushed {
			p, _ := b.activated("a")
			b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN, err: fmt.Errorf("test: %w", ErrTooLong)})
			return p
		}),
		notSent.Answer: {
			"waited": func(b *bench) pushed {
				p, _ := b.activated("a")
				b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN, err: errors.New("test")})
				return p
			},
			"at once": func(b *bench) pushed {
				b.up().err = errors.New("test")
				return b.push("a")
			},
		},
		outOfTime.Answer: {
			"at once": func(b *bench) pushed {
				return b.push("a", func(p *node.Push) { p.Within = 0 })
			},
			"queueing": func(b *bench) pushed {
				limits(b, func(l *Limits) { l.Queries = 1 })
				b.hlr.hold = make(chan struct{})
				busy := b.push("busy", func(p *node.Push) { p.IMSI = "001010000000002" })
				b.await(func() bool { return b.hlr.asked() == 1 })
				p := b.push("a", func(p *node.Push) { p.Within = time.Second })
				b.clock.Advance(time.Second)
				b.e.Cancel("busy")
				b.failed(busy, node.Cancelled)
				close(b.hlr.hold)
				b.await(func() bool { return b.e.Stats().Activations == 0 })
				return p
			},
		},
		cancelled.Answer: {
			"waiting": func(b *bench) pushed {
				p, n := b.activated("a")
				b.e.Cancel("a")
				b.e.Cancel("a")
				n.reject(b.e, gtp.CauseMSRefuses)
				return p
			},
			"pausing": func(b *bench) pushed {
				p := b.push("a")
				b.notified().answer(gtp.CauseNoMemory)
				b.e.Cancel("a")
				return p
			},
			"asking": func(b *bench) pushed {
				b.hlr.hold = make(chan struct{})
				p := b.push("a")
				b.e.Cancel("a")
				close(b.hlr.hold)
				b.await(func() bool { return b.e.Stats().Activations == 0 })
				return p
			},
		},
	}
}

// beside is a push that does not get in beside another one, which waits and is cancelled then.
func (b *bench) beside(second func() pushed) pushed {
	p := b.push("a")
	n := b.notified()
	q := second()
	b.e.Cancel("a")
	b.failed(p, node.Cancelled)
	n.answer(gtp.CauseMSRefuses)
	return q
}
