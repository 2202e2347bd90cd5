package integration

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
)

// final are the message states that a recipient may end in (OMA-TS-PAP §9.9).
var final = []string{"delivered", "undeliverable", "expired", "aborted", "timeout", "cancelled"}

// A load is Push Initiators that submit side by side, one recipient a push and no recipient twice.
type load struct {
	gateway *box.Box
	smsc    *peers.SMSC
	notify  *initiator.Listener

	mu       sync.Mutex
	accepted []string // push-ids answered 1001
	lost     []string // push-ids whose answer never came
}

func (l *load) push(id string, n int) initiator.Push {
	return initiator.Push{
		ID: id, NotifyTo: l.notify.URL, To: []string{l.gateway.Address(fmt.Sprintf("+4670%07d", n))},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, siText),
	}
}

// run submits pushes first to last with four initiators and returns when all were tried.
func (l *load) run(t *testing.T, first, last int) {
	work := make(chan int)
	var initiators sync.WaitGroup
	for range 4 {
		initiators.Go(func() {
			client := l.gateway.Client()
			for n := range work {
				l.submit(t, client, n)
			}
		})
	}
	for n := first; n <= last; n++ {
		work <- n
	}
	close(work)
	initiators.Wait()
}

// runUntilCut submits pushes from first on with four initiators, each until one of its answers does not come.
func (l *load) runUntilCut(t *testing.T, first int) {
	var next atomic.Int64
	next.Store(int64(first))
	var initiators sync.WaitGroup
	for range 4 {
		initiators.Go(func() {
			client := l.gateway.Client()
			for l.submit(t, client, int(next.Add(1)-1)) {
			}
		})
	}
	initiators.Wait()
}

// submit submits a push and reports whether it was answered.
func (l *load) submit(t *testing.T, client *initiator.Client, n int) bool {
	id := fmt.Sprintf("load-%d@pi.example", n)
	answer, err := client.Submit(l.push(id, n))
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.lost = append(l.lost, id)
	case answer.Code() == "1001":
		l.accepted = append(l.accepted, id)
	default:
		t.Errorf("%s: HTTP %d:\n%s", id, answer.HTTP, answer.Body)
	}
	return err == nil
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted)
}

// check waits until every accepted push has one acknowledged notification with a final state, and holds the status query and
// what came to the SMSC against it.
func (l *load) check(t *testing.T) {
	t.Helper()
	client := l.gateway.Client()
	states := map[string]int{}
	for _, id := range l.accepted {
		n := l.notify.Await(t, id, 90*time.Second)
		if !slices.Contains(final, n.State) {
			t.Errorf("%s: result notification with state %q, which is not final", id, n.State)
		}
		for _, other := range l.notify.Of(id) {
			if other.State != n.State {
				t.Errorf("%s: two final states, %q and %q", id, n.State, other.State)
			}
		}
		status := client.Status(t, id)
		if len(status) != 1 || status[0].State != n.State {
			t.Errorf("%s: status %+v, want the state of the result notification, %q", id, status, n.State)
		}
		if sent := l.segments(n); n.State == "delivered" && sent != 2 {
			t.Errorf("%s: delivered, but the SMSC got %d of its 2 segments", id, sent)
		}
		states[n.State]++
	}
	t.Logf("final states: %v", states)
}

// segments returns how many different segments for the notification's recipient came to the SMSC.
func (l *load) segments(n initiator.Notification) int {
	number, _, _ := strings.Cut(strings.TrimPrefix(n.Addresses[0].Value, "WAPPUSH=+"), "/")
	different := map[string]bool{}
	for _, s := range l.smsc.Submits() {
		if s.Destination == number {
			different[s.Text] = true
		}
	}
	return len(different)
}

// The host is killed twice with pushes in flight. Every accepted push ends in one final state that its initiator was told,
// and no plugin outlives the host, not even a stopped one.
func TestHostKilled(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	smsc.Always(t, peers.Answer{Delay: 150})
	l := &load{smsc: smsc, notify: initiator.Listen(t), gateway: newBox(t, smsc.Address)}
	l.gateway.Start(t)

	const rounds, apart = 2, 100_000 // the pushes of a round have numbers of their own
	for round := range rounds {
		done := make(chan struct{})
		before := l.count()
		go func() {
			defer close(done)
			l.runUntilCut(t, round*apart)
		}()
		process.Eventually(t, time.Minute, "some pushes are accepted", func() bool { return l.count() >= before+20 })
		if err := syscall.Kill(l.gateway.Plugin(t, "bearer/pdp"), syscall.SIGSTOP); err != nil {
			t.Fatalf("stopping bearer/pdp: %v", err)
		}
		l.gateway.Kill(t)
		process.Eventually(t, 2*time.Second, "no plugin process is left", func() bool { return len(l.gateway.Processes(t)) == 0 })
		<-done
		l.gateway.Start(t)
	}
	l.check(t)

	// An initiator that got no answer submits again: either it had been accepted, or it is now.
	for i, id := range l.lost {
		answer, err := l.gateway.Client().Submit(l.push(id, rounds*apart+i))
		if err != nil {
			t.Fatal(err)
		}
		if code := answer.Code(); code != "1001" && code != "2007" {
			t.Errorf("%s submitted again: code %q, want 1001 or 2007:\n%s", id, code, answer.Body)
		}
	}
	l.accepted = l.lost
	l.check(t)
	l.gateway.Stop(t)
}

// A plugin is killed with pushes in flight; the host goes on, starts it again, and every push ends.
func TestPluginKilled(t *testing.T) {
	for _, plugin := range []string{"bearer/sms", "encoder/wbxml"} {
		t.Run(plugin, func(t *testing.T) {
			smsc := peers.StartNodeSMSC(t)
			smsc.Always(t, peers.Answer{Delay: 150})
			l := &load{smsc: smsc, notify: initiator.Listen(t), gateway: newBox(t, smsc.Address)}
			l.gateway.Start(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				l.run(t, 0, 39)
			}()
			process.Eventually(t, time.Minute, "a third of the pushes is accepted", func() bool { return l.count() >= 13 })
			pid := l.gateway.Plugin(t, plugin)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatalf("killing %s: %v", plugin, err)
			}
			<-done
			if len(l.lost) > 0 {
				t.Errorf("submissions without an answer: %v", l.lost)
			}
			l.check(t)
			if now := l.gateway.Plugin(t, plugin); now == pid {
				t.Errorf("%s is process %d, as before it was killed", plugin, now)
			}
			l.gateway.Stop(t)
		})
	}
}
