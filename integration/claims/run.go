//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// A plan is what a run of an arm does.
type plan struct {
	cells       []cell
	pushes      int     // in each cell
	rate        float64 // pushes a second, of all cells together
	compression float64 // experiment time over machine time
	// storedFaster is by how much more the arms are compressed whose SMSC stores: their delays are minutes and hours.
	storedFaster float64
	seed         uint64
	// captured, if not nil, is told where the MSC listens before the first push, and returns what ends the capture.
	captured func(msc string) (stop func(), err error)
}

// records returns the pushes of the plan in the order in which they are submitted: all cells mixed, so that what the machine does
// beside meets all alike.
func (p plan) records() []*record {
	var all []*record
	for _, c := range p.cells {
		for n := range p.pushes {
			all = append(all, &record{cell: c, number: c.number(n)})
		}
	}
	random := rand.New(rand.NewPCG(p.seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// of is the plan as it is for an arm. Each has its own luck on the radio, so that one does not stand for another.
func (p plan) of(a arm) plan {
	if a.stores() {
		p.compression *= p.storedFaster
	}
	p.seed += 1000 * uint64(slices.Index(allArms[:], a))
	return p
}

func (p plan) machine(d time.Duration) time.Duration { return compressed(d, p.compression) }

// settings are those of an arm.
func (p plan) settings(a arm) (settings, error) {
	free, err := freeAddresses(5)
	if err != nil {
		return settings{}, err
	}
	s := settings{
		PAP: free[0], Admin: free[1], MSC: free[2], Listen: free[3], SMSC: free[3], SMSCAdmin: free[4], Name: gatewayName, Username: username, SystemID: "ppgbox",
		Window: p.machine(window), Pause: p.machine(firstPause), MaxPause: p.machine(mostPause),
		Patient: (p.machine(a.within()) + 2*time.Minute).Round(time.Second), InFlight: len(p.cells)*p.pushes + 1000,
	}
	switch a {
	case integrated:
		s.Mode, s.SMSC = "integrated", s.MSC
	case delegated:
		s.Mode = "delegate"
	default:
		s.Mode = "receipts"
	}
	return s, nil
}

// run sends the pushes of a plan through an arm and returns what became of them. Anything that must not happen, such as a garbled push, is
// an error.
func run(ctx context.Context, programs binaries, a arm, p plan) (_ []*record, err error) {
	folder, err := os.MkdirTemp("", "claims-")
	if err != nil {
		return nil, fmt.Errorf("run of %s: %w", a, err)
	}
	defer os.RemoveAll(folder)
	s, err := p.settings(a)
	if err != nil {
		return nil, err
	}
	records := p.records()
	b := newBook(records)
	var parts []*part
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		return stopAll(parts)
	}
	defer func() { err = errors.Join(err, stop()) }()

	events, told := io.Pipe()
	watched := make(chan error, 1)
	go func() {
		err := watch(events, b)
		_, _ = io.Copy(io.Discard, events) // so that the handsets' process can end
		watched <- err
	}()
	defer func() {
		told.Close()
		err = errors.Join(err, <-watched)
	}()
	defer func() { err = errors.Join(err, stop()) }() // before the end of the pipe
	handsets, err := startHandsets(folder, programs, s, p, told)
	if err != nil {
		return nil, err
	}
	parts = append(parts, handsets)
	if p.captured != nil {
		end, err := p.captured(s.MSC)
		if err != nil {
			return nil, err
		}
		defer end()
	}
	if smsc, err := startSMSC(folder, programs, a, s, p); err != nil {
		return nil, err
	} else if smsc != nil {
		parts = append(parts, smsc)
	}
	gateway, err := startGateway(folder, programs.ppgbox, s)
	if err != nil {
		return nil, err
	}
	parts = append(parts, gateway)
	n, err := listenForNotifications(b)
	if err != nil {
		return nil, err
	}
	submitAll(ctx, "http://"+s.PAP+"/pap", n.url, records, p.rate, b)
	err = p.awaitEnd(ctx, a, b, parts)
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if closeErr := n.close(); err == nil {
		err = closeErr
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.problems) > 0 {
		err = errors.Join(err, fmt.Errorf("%s: what must not happen:\n%s", a, strings.Join(b.problems, "\n")))
	}
	return records, err
}

// awaitEnd returns when every push has its result and nothing is on the radio any more.
func (p plan) awaitEnd(ctx context.Context, a arm, b *book, parts []*part) error {
	patience := time.NewTimer(p.machine(a.within()) + 90*time.Second)
	defer patience.Stop()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	done, told := b.done, false
	for {
		select {
		case <-done:
			done, told = nil, true
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("%s: %d pushes have no result", a, b.left())
		case <-look.C:
			for _, part := range parts {
				if err := part.ended(); err != nil {
					return err
				}
			}
			// A window may end while a segment is on the radio.
			if told && b.quiet() > p.machine(noPaging)+time.Second {
				return nil
			}
		}
	}
}

// startHandsets starts the process with MSC, radio and handsets.
func startHandsets(folder string, programs binaries, s settings, p plan, events io.Writer) (*part, error) {
	arguments := []string{
		"--smpp", s.MSC, "--udp", "", "--json", "--seed", fmt.Sprint(p.seed), "--delay", p.machine(arrives).String(),
		"--known-after", p.machine(radioError).String() + "," + p.machine(noPaging).String(),
		"--memory", p.machine(shortMemory).String() + "," + forEver,
	}
	for _, area := range areas(p.cells, p.compression) {
		arguments = append(arguments, "--area", area)
	}
	handsets, err := launch(folder, "handsets", programs.handset, events, arguments...)
	if err != nil {
		return nil, err
	}
	if err := handsets.await(listens(s.MSC)); err != nil {
		_ = handsets.stop()
		return nil, err
	}
	return handsets, nil
}

// startSMSC starts the SMSC between gateway and MSC, nil if the arm has none.
func startSMSC(folder string, programs binaries, a arm, s settings, p plan) (*part, error) {
	if a == integrated {
		return nil, nil
	}
	if a == delegated {
		return startPushSMSC(folder, programs.ppgbox, s)
	}
	var pauses []string
	for _, pause := range a.retries() {
		pauses = append(pauses, p.machine(pause).String())
	}
	smsc, err := launch(folder, "storeforward", programs.storeForward, nil, "--smpp", s.Listen, "--msc", s.MSC,
		"--retry", strings.Join(pauses, ","), "--validity", p.machine(validity).String())
	if err != nil {
		return nil, err
	}
	if err := smsc.await(listens(s.Listen)); err != nil {
		_ = smsc.stop()
		return nil, err
	}
	return smsc, nil
}

// of returns the records of a cell.
func of(records []*record, c cell) []*record {
	return slices.DeleteFunc(slices.Clone(records), func(r *record) bool { return r.cell != c })
}
