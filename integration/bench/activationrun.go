//go:build linux

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A pushSource puts pushes in, one a terminal, and knows what it was told of them.
type pushSource interface {
	// offer puts in the pushes first to first+count-1 at a rate, and returns when each was due, on the clock of arrivals, when all
	// were answered.
	offer(first, count int, rate float64) (due []int64, err error)
	// taken is how many were accepted so far, and what became of the others.
	taken() (accepted int, others map[string]int)
	// usage returns what each process of the source's used so far.
	usage() []usage
	close()
}

// activations makes a run.
func (b *bench) activations(plan activationPlan) (_ *activationRun, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("activations: %w", err)
		}
	}()
	plan.warm = min(warmUp, plan.pushes)
	a := &activationRun{
		Machine: thisMachine(), From: plan.from, Offered: plan.rate, Pushes: plan.pushes, HLR: milliseconds(plan.hlr), SGSN: milliseconds(plan.sgsn),
		Memory: map[string]float64{}, RealTime: realTime(),
	}
	a.Exchanges = a.HLR + a.SGSN
	seen := newArrivals(plan.warm + plan.pushes)
	n, err := openNetwork(b.binary, plan, seen.note)
	if err != nil {
		return nil, err
	}
	defer n.close()
	source, err := b.pushSource(plan, n, seen)
	if err != nil {
		return nil, err
	}
	defer source.close()
	if err := a.wake(plan, n, source, seen); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, n.ggsn.lastWords())
	}
	return a, a.serve(plan, n, seen)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (b *bench) pushSource(plan activationPlan, n *packetNetwork, seen *arrivals) (pushSource, error) {
	if plan.from == fromNode {
		return newNodeSource(n, seen)
	}
	return b.newGatewaySource(plan, n, seen)
}

// wake offers pushes to terminals without a context, after some to warm up.
func (a *activationRun) wake(plan activationPlan, n *packetNetwork, source pushSource, seen *arrivals) error {
	if _, err := source.offer(0, plan.warm, plan.rate); err != nil {
		return err
	}
	if seen.await(plan.warm); seen.count() < plan.warm {
		_, others := source.taken()
		return fmt.Errorf("warming up: %d of %d pushes arrived: %v", seen.count(), plan.warm, others)
	}
	a.Memory["before"] = n.usage().RSS
	before := append(source.usage(), n.usage())
	all, stolen := machineTime()
	busy, own, began := busyTime(), ownCPU(), time.Now()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the bench itself holds little
	due, err := source.offer(plan.warm, plan.pushes, plan.rate)
	if err != nil {
		return err
	}
	seen.await(plan.warm + plan.pushes)
	a.Processes = since(before, append(source.usage(), n.usage()))
	ours := ownCPU() - own + total(a.Processes).CPU
	a.Others = max(0, (busyTime()-busy-ours)/time.Since(began).Seconds())
	allNow, stolenNow := machineTime()
	a.Steal = 100 * (stolenNow - stolen) / max(allNow-all, 1)
	a.Memory["after"] = n.usage().RSS
	accepted, others := source.taken()
	a.Accepted, a.Outcomes = accepted-plan.warm, others
	a.Lost = a.Accepted - (seen.count() - plan.warm)
	a.Again, a.Garbled, a.Activated = int(seen.again.Load()), int(seen.garbled.Load()+seen.strays.Load()), int(seen.activated.Load())-plan.warm
	if a.Contexts, err = n.contexts(); err != nil {
		return err
	}
	a.Contexts -= plan.warm
	a.BytesPerContext = (a.Memory["after"] - a.Memory["before"]) * (1 << 20) / float64(max(a.Contexts, 1))
	var took []int64
	for i, at := range due {
		if arrived := seen.at[plan.warm+i].Load(); arrived > 0 {
			took = append(took, arrived-at)
		}
	}
	a.ToTunnel = latencyOf(took)
	a.Above = a.ToTunnel.P99 - a.Exchanges
	return nil
}

// serve offers pushes to the terminals that have a context now, at the node: what the GGSN needs for each.
func (a *activationRun) serve(plan activationPlan, n *packetNetwork, seen *arrivals) error {
	if plan.online == 0 {
		return nil
	}
	source, err := newNodeSource(n, seen)
	if err != nil {
		return err
	}
	defer source.close()
	a.OnlineRate = plan.onlineRate
	arrived, before := 0, n.usage()
	for a.Online < plan.online { // to each terminal once, and again
		seen.forget()
		count := min(plan.online-a.Online, plan.pushes)
		if _, err := source.offer(plan.warm, count, plan.onlineRate); err != nil {
			return err
		}
		seen.await(count)
		a.Online += count
		arrived += seen.count()
	}
	a.OnlineCPU = (n.usage().CPU - before.CPU) * 1e6 / float64(a.Online)
	a.OnlineLost = a.Online - arrived
	if _, others := source.taken(); len(others) > 0 {
		fmt.Fprintf(os.Stderr, "bench: pushes to contexts ended with %v\n", slices.Sorted(maps.Keys(others)))
	}
	return nil
}

// busyTime is how long the machine's cores worked since it began, in seconds of one core: all but idle and waiting for disks
// (proc_stat(5)).
func busyTime() float64 {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	const user, nice, system, irq, softirq, ticks = 1, 2, 3, 6, 7, ticksPerSecond
	sum := 0.0
	for _, at := range [...]int{user, nice, system, irq, softirq} {
		if at < len(fields) {
			n, _ := strconv.ParseFloat(fields[at], 64)
			sum += n / ticks
		}
	}
	return sum
}

// realTime reports whether this process, and with it those that it starts, is scheduled before ordinary ones.
func realTime() bool {
	attr, err := unix.SchedGetAttr(0, 0)
	return err == nil && (attr.Policy == unix.SCHED_RR || attr.Policy == unix.SCHED_FIFO)
}

// errUnanswered is that some pushes have no answer.
var errUnanswered = errors.New("not every push was answered")
