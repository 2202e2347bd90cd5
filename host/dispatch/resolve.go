package dispatch

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Subscribers knows whom an address stands for; *subscriber.Directory does. It is asked on the dispatcher's goroutine, so no
// method blocks.
type Subscribers interface {
	// Resolve returns the terminals of an address, in the order in which they are tried, or subscriber.ErrUnknown or ErrForeign.
	// A number or an IP address is exactly one.
	Resolve(push.Address) ([]subscriber.Terminal, error)
	// Live reports whether a session still is what it was under that generation.
	Live(generation uint64) bool
	// Since is when the gateway was told of the newest owner of an IP address, zero if nobody has it.
	Since(netip.Addr) time.Time
}

// spreads reports whether only the directory knows the terminals of a delivery. A number is its own terminal.
func (d *Dispatcher) spreads(j *job) bool {
	return d.opts.Subscribers != nil && j.delivery.Address.Type != push.PLMN
}

// asks reports whether the directory is asked before a try. Most pushes to a number need nothing of it.
func (d *Dispatcher) asks(j *job) bool {
	return d.spreads(j) || d.opts.Subscribers != nil && slices.ContainsFunc(j.plan.Attempts, func(a policy.Attempt) bool {
		return len(a.Routing) > 0
	})
}

// resolve asks whom an address stands for now. No lane is there twice.
func (d *Dispatcher) resolve(a push.Address) ([]subscriber.Terminal, error) {
	found, err := d.opts.Subscribers.Resolve(a)
	if err == nil && len(found) == 0 {
		err = subscriber.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(found); i++ {
		if inLane(found[:i], found[i].Lane) >= 0 {
			found = slices.Delete(slices.Clone(found), i, i+1)
			i--
		}
	}
	return found, nil
}

func inLane(list []subscriber.Terminal, lane string) int {
	return slices.IndexFunc(list, func(t subscriber.Terminal) bool { return t.Lane == lane })
}

// mayMove reports whether another terminal may take the place of the job's, which is the only one of the address and is not the
// address's any more, as that of a user who has registered with another: none if the push may have arrived, or is on the air.
func (j *job) mayMove() bool {
	return j.attempt != nil && !j.attempt.Ended.IsZero() && !j.doubt && !isSuccess(j.attempt.Outcome)
}

// moveTo takes a job to another terminal of its address. What bearers told of the former one is of no use there.
func (d *Dispatcher) moveTo(j *job, t *subscriber.Terminal) {
	j.setBegun(false)
	j.attempt.Token = nil
	j.terminal = t.Subscriber
	d.move(j, t.Lane)
}

// A finding is what the directory said before a try.
type finding struct {
	text string // for the timeline
	err  error
}

// refresh asks again for what the directory knows of the job's terminal, before a try or after its session was over. A terminal that
// is not the address's any more gives way to the one that is. Where there is none, or there are several, it keeps what is known of it
// but its sessions if a try with it is open or the push may have arrived there, so that this comes to its end; else nothing is known of
// it, and nothing is sent to its number. refresh returns false if the job waits for another terminal now.
func (d *Dispatcher) refresh(j *job) (f finding, here bool) {
	found, err := d.resolve(j.delivery.Address)
	at := 0
	if j.delivery.Address.Type != push.PLMN {
		at = inLane(found, j.lane.name)
	}
	fresh := j.attempt == nil
	switch {
	case err == nil && at >= 0:
		j.terminal = found[at].Subscriber
	case err == nil && fresh && !j.several: // the address came to stand for another while the push waited
		d.leave(j)
		d.spread(j, found, nil)
		return finding{}, false
	case len(found) == 1 && !j.several && j.mayMove():
		d.leave(j)
		d.moveTo(j, &found[0])
		d.enter(j)
		return finding{}, false
	case fresh || j.mayMove(): // its number may be somebody else's by now
		j.terminal = push.Subscriber{Address: j.delivery.Address}
	default:
		j.terminal.Sessions = nil
	}
	if err != nil {
		return finding{err.Error(), err}, true
	}
	return finding{text: describeTerminals(found, at >= 0, j)}, true
}

// served adds what was found to the timeline. It returns false if that ends the try: the address stands for nobody, or for somebody
// else than when the push was accepted. A try that was on the air when the host went down is not given up for the former.
func (d *Dispatcher) served(j *job, f finding) bool {
	j.step(store.Step{At: d.opts.Clock.Wall(), Name: "resolve", Text: f.text})
	switch {
	case f.err != nil && !j.resumed:
		d.endedFor(j, push.Outcome{Kind: push.OutcomeRefused, Code: codeOf(f.err), Text: f.text, Cause: f.text})
		return false
	case d.reassigned(j):
		d.endReassigned(j)
		return false
	}
	return true
}

// findIMSI asks for the IMSI of a number, for an encoder that needs it, if nothing was asked for the try.
func (d *Dispatcher) findIMSI(j *job) {
	if d.opts.Subscribers == nil || d.asks(j) {
		return
	}
	if f, _ := d.refresh(j); f.err == nil {
		j.step(store.Step{At: d.opts.Clock.Wall(), Name: "resolve", Text: f.text})
	}
}

// codeOf is the PAP status code for an address that stands for nobody (OMA-TS-PAP §9.14): address error or address not found.
func codeOf(err error) int {
	if errors.Is(err, subscriber.ErrForeign) {
		return 2002
	}
	return 2003
}

// noSession is said of very many.
const noSession = "the terminal has no session"

// listedTerminals is how many terminals a step names.
const listedTerminals = 8

// describeTerminals says whom an address stands for, and where the job's terminal is.
func describeTerminals(found []subscriber.Terminal, known bool, j *job) string {
	sessions := j.terminal.Sessions
	if j.delivery.Address.Type == push.PLMN { // itself
		if len(sessions) == 0 {
			return noSession
		}
		return "the terminal " + describeSessions(sessions)
	}
	var b strings.Builder
	if len(found) > 1 {
		fmt.Fprintf(&b, "%d terminals: ", len(found))
	}
	for i := range found {
		if i == listedTerminals {
			fmt.Fprintf(&b, ", and %d more", len(found)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(found[i].Lane)
	}
	switch {
	case !known || len(found) > 1:
		if len(found) > 0 {
			b.WriteString("; ")
		}
		b.WriteString("this one, " + j.lane.name + ", ")
	case len(found) == 1:
		b.WriteString(", which ")
	}
	if !known {
		b.WriteString("is not the address's any more")
	} else {
		b.WriteString(describeSessions(sessions))
	}
	return b.String()
}

// lacks says what a bearer needs that the job's terminal has not got, "" if nothing. Whatever it is, the next attempt may do
// without.
func (d *Dispatcher) lacks(j *job, bearer string) string {
	if j.terminal.MSISDN != "" || j.delivery.Address.Type != push.USER {
		return ""
	}
	info, ok := d.opts.Plugins.Info(bearer)
	if ok && len(info.AddressTypes) == 1 && info.AddressTypes[0] == push.PLMN {
		return "bearer " + bearer + " takes numbers alone, and no number of the terminal is known"
	}
	return ""
}

// lacking is the outcome of an attempt over a bearer that needs what the terminal has not got.
func lacking(why string) push.Outcome {
	return push.Outcome{Kind: push.OutcomeUnreachable, Text: "no number of the terminal is known", Cause: why}
}
