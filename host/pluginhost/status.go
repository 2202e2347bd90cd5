package pluginhost

import (
	"slices"
	"strings"
	"time"
)

// State is what an instance is doing.
type State string

// The states of an instance.
const (
	StateStarting State = "starting" // its process is not ready yet
	StateRunning  State = "running"
	StateWaiting  State = "waiting"  // it died; the next start is due after a pause
	StateFailed   State = "failed"   // it failed too often; it is tried at the longest interval or at a reload
	StateDraining State = "draining" // it takes nothing more and brings to an end what it has
	StateStopped  State = "stopped"
)

// Status is what "ppgbox plugin list" shows of an instance.
type Status struct {
	Name      string    `json:"name"`
	Use       string    `json:"use"`
	Version   string    `json:"version,omitempty"`
	State     State     `json:"state"`
	PID       int       `json:"pid,omitempty"`
	Restarts  int       `json:"restarts"`
	Since     time.Time `json:"since"` // of the state
	LastError string    `json:"last_error,omitempty"`
	Reason    string    `json:"reason"`          // why the window is 0 or smaller than it could be; "" when all is well
	Window    int       `json:"window"`          // items that may be unanswered at once
	InFlight  int       `json:"in_flight"`       // items that are
	Oldest    time.Time `json:"oldest,omitzero"` // since when the oldest of them is; zero if there is none
	Failures  *Failures `json:"failures,omitempty"`
}

// List returns the status of every instance, by name.
func (h *Host) List() []Status {
	var list []Status
	for _, in := range *h.set.Load() {
		list = append(list, in.status())
	}
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (in *instance) status() Status {
	in.mu.Lock()
	s := Status{
		Name:     in.spec.Name,
		Use:      in.spec.Use,
		Version:  in.info.Version,
		State:    in.state,
		Restarts: in.restarts,
		Since:    in.since,
	}
	if in.lastErr != nil {
		s.LastError = in.lastErr.Error()
	}
	in.mu.Unlock()
	switch s.State {
	case StateWaiting, StateFailed, StateStarting:
		s.Reason = s.LastError
	case StateDraining, StateStopped:
		s.Reason = whyStopped
	}
	if r := in.run.Load(); r != nil {
		c := r.credits()
		s.PID, s.Window = r.proc.pid, c.window
		if s.State == StateRunning {
			s.Reason = c.why
		}
		s.InFlight, s.Oldest = r.flight.look()
		s.Failures = r.answers.failed.Load()
	}
	return s
}
