package faults

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
)

// A verdict is what was seen of one case.
type verdict struct {
	Case          string `json:"case"`
	Pushes        int    `json:"pushes"`         // accepted
	Lost          int    `json:"lost"`           // accepted, and without one final state, or its result never told, or called delivered and never shown
	TwiceReported int    `json:"twice_reported"` // told again with other words, or though the acknowledgement can not have been lost
	Garbled       int    `json:"garbled"`        // what a terminal could not read, or read as something that was not sent to it
	Duplicates    int    `json:"duplicates"`     // SMS and datagrams that were on the air before
	OK            bool   `json:"ok"`             // every promise was kept

	delivered   int            // of the pushes
	others      map[string]int // final states of the others
	refused     int            // submissions that the gateway could not take at the time
	repeats     int            // notifications that came again as they were, after an answer that the gateway may not have got
	twice       int            // pushes that a terminal showed twice
	reused      int            // references that a terminal got again for another push
	overtaken   int            // pushes on the air behind a later one to the same terminal, whose first try was the earlier
	slowest     time.Duration
	took        time.Duration
	problems    []string
	promise     string
	description string
}

// complain adds a broken promise.
func (v *verdict) complain(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// final are the message states that a recipient may end in (OMA-TS-PAP §9.9).
var final = []string{"delivered", "undeliverable", "expired", "aborted", "timeout", "cancelled"}

// judge looks at everything that was seen from the outside.
func (r *run) judge(v *verdict) {
	r.burst.mu.Lock()
	for _, f := range r.burst.failed {
		v.complain("not accepted: %s", f)
	}
	v.refused = r.burst.refused
	r.burst.mu.Unlock()
	r.weigh(v, r.states(v))
}

// weigh compares the states of all pushes with everything else that was seen.
func (r *run) weigh(v *verdict, states map[string][]string) {
	shown := r.judgeScreens(v)
	for _, s := range r.burst.pushes {
		if s.accepted.IsZero() {
			if len(shown[s.id]) > 0 {
				v.complain("%s was shown though it was not accepted", s.id)
			}
			continue
		}
		v.Pushes++
		v.slowest = max(v.slowest, s.took)
		why := r.fate(s, states[s.id], len(shown[s.id]))
		if why != "" {
			v.Lost++
			v.complain("%s is lost: %s", s.id, why)
		}
		if slices.Equal(states[s.id], []string{"delivered"}) {
			v.delivered++
		}
		if len(shown[s.id]) > 1 {
			v.twice++
		}
		r.judgeNotifications(v, s)
	}
	r.pi.mu.Lock()
	for _, w := range r.pi.wrong {
		v.complain("the gateway sent to the initiator: %s", w)
	}
	r.pi.mu.Unlock()
	r.judgeAir(v)
	r.judgeDatagrams(v, shown)
	r.judgeOrder(v, shown)
}

// states asks for the status of every accepted push: the states of its recipient, by push-id.
func (r *run) states(v *verdict) map[string][]string {
	states := map[string][]string{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for w := range workers {
		asking.Go(func() {
			c := r.box.Client()
			for i := w; i < len(r.burst.pushes); i += workers {
				s := r.burst.pushes[i]
				a, err := c.Post("application/xml", []byte(initiator.Control(`<statusquery-message push-id="`+s.id+`"/>`)))
				mu.Lock()
				if err != nil || a.PAP.Status == nil {
					v.complain("status of %s: %v, HTTP %d %s", s.id, err, a.HTTP, a.Body)
				} else {
					for _, result := range a.PAP.Status.Results {
						states[s.id] = append(states[s.id], result.State)
						if result.State != "delivered" {
							if v.others == nil {
								v.others = map[string]int{}
							}
							v.others[result.State+" "+result.Code+" "+result.Desc]++
						}
					}
				}
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	return states
}

// fate returns why an accepted push counts as lost, "" if it does not.
func (r *run) fate(s *sent, states []string, shown int) string {
	if len(states) != 1 || !slices.Contains(final, states[0]) {
		return fmt.Sprintf("its states are %v", states)
	}
	r.pi.mu.Lock()
	defer r.pi.mu.Unlock()
	list := r.pi.of[s.id]
	switch {
	case !acknowledged(list):
		return fmt.Sprintf("%s, of which its initiator was told %d times and never with success", states[0], len(list))
	case list[0].state != states[0]:
		return fmt.Sprintf("its initiator was told %s, its state is %s", list[0].state, states[0])
	case states[0] == "delivered" && shown == 0:
		return "called delivered, and its terminal has not shown it"
	}
	return ""
}

// judgeNotifications: repeats say the same, and come only if the acknowledgement may have been lost.
func (r *run) judgeNotifications(v *verdict, s *sent) {
	r.pi.mu.Lock()
	defer r.pi.mu.Unlock()
	list := r.pi.of[s.id]
	wrong := false
	var acked *told
	for _, n := range list {
		if n.body != list[0].body {
			wrong = true
			v.complain("%s was reported with different words:\n%s\n%s", s.id, list[0].body, n.body)
		}
		if acked != nil {
			v.repeats++
			if !r.lostBy(r.hostFaults, acked.at, n.at) {
				wrong = true
				v.complain("%s was reported again after it was acknowledged", s.id)
			}
		}
		if n.acknowledged && acked == nil {
			acked = n
		}
	}
	if wrong {
		v.TwiceReported++
	}
}

// pipeline is how long what a process was told may be on its way to the disk on a busy machine.
const pipeline = 10 * time.Second

// lostBy reports whether what came at one time may have been forgotten by the other, in one of the windows.
func (r *run) lostBy(windows []window, from, to time.Time) bool {
	return slices.ContainsFunc(windows, func(w window) bool {
		return from.After(w.from.Add(-pipeline)) && from.Before(w.to) && to.After(w.from)
	})
}

// judgeScreens compares what terminals showed with what was sent to them, and returns it by push-id.
func (r *run) judgeScreens(v *verdict) map[string][]screen {
	shown, unreadable := r.network.screens()
	byID := map[string]*sent{}
	for _, s := range r.burst.pushes {
		byID[s.id] = s
	}
	of := map[string][]screen{}
	for _, on := range shown {
		id := strings.TrimPrefix(on.link, "http://p.example/")
		if plain, err := url.PathUnescape(id); err == nil {
			id = plain
		}
		s := byID[id]
		if s == nil || on.link != s.href() || on.text != s.text || strings.TrimPrefix(on.to, "+") != strings.TrimPrefix(s.to, "+") {
			v.Garbled++
			v.complain("terminal %s shows %q, %q", on.to, on.link, on.text)
			continue
		}
		of[s.id] = append(of[s.id], on)
	}
	for _, u := range unreadable {
		v.Garbled++
		v.complain("not read: %s", u)
	}
	return of
}

// judgeDatagrams: a datagram comes again only if the bearer or the host was killed meanwhile.
func (r *run) judgeDatagrams(v *verdict, shown map[string][]screen) {
	for _, s := range r.burst.pushes {
		if list := shown[s.id]; s.online() && len(list) > 1 {
			v.Duplicates += len(list) - 1
			for _, again := range list[1:] {
				if !r.lostBy(r.hostFaults, list[0].at, again.at) && !r.lostBy(r.pdpFaults, list[0].at, again.at) {
					v.complain("%s was sent to %s again without a reason", s.id, s.to)
				}
			}
		}
	}
}

// online reports whether the push went to an IP terminal.
func (s *sent) online() bool { return !strings.HasPrefix(s.to, "+") }
