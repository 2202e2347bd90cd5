package admin

import (
	"context"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/notify"
	"github.com/ppgbox/ppgbox/host/store"
)

// Push is what became of a push.
type Push struct {
	PushID        string     `json:"push_id"`
	Initiator     string     `json:"initiator"`
	Received      time.Time  `json:"received"`
	DeliverAfter  *time.Time `json:"deliver_after,omitempty"`
	DeliverBefore *time.Time `json:"deliver_before,omitempty"`
	ContentType   string     `json:"content_type"`
	Octets        int        `json:"octets"`
	Deliveries    []Delivery `json:"deliveries"`
}

// Delivery is a push to one recipient.
type Delivery struct {
	Address      string        `json:"address"` // as the Push Initiator wrote it
	State        string        `json:"state"`   // PAP message-state
	Code         int           `json:"code,omitempty"`
	Text         string        `json:"text,omitempty"`
	At           *time.Time    `json:"at,omitempty"`        // of the final state
	WaitsFor     string        `json:"waits_for,omitempty"` // while it is pending
	Next         *time.Time    `json:"next,omitempty"`      // when it goes on by itself
	Attempts     []Attempt     `json:"attempts,omitempty"`
	Notification *Notification `json:"notification,omitempty"`
}

// Attempt is one try over one bearer.
type Attempt struct {
	Number  int          `json:"number"`
	Leg     int          `json:"leg"`
	Lane    string       `json:"lane,omitempty"`   // of the leg's terminal
	Bearer  string       `json:"bearer,omitempty"` // plugin instance
	Node    string       `json:"node,omitempty"`
	Started *time.Time   `json:"started,omitempty"`
	Ended   *time.Time   `json:"ended,omitempty"`
	Outcome string       `json:"outcome,omitempty"` // "" while it is under way
	Cause   string       `json:"cause,omitempty"`
	Steps   []store.Step `json:"steps,omitempty"`
}

// Notification is the result notification that is owed or was acknowledged.
type Notification struct {
	URL       string     `json:"url"`
	State     string     `json:"state"` // "owed", "acknowledged" or "given up"
	Tries     int        `json:"tries"`
	Next      *time.Time `json:"next,omitempty"` // of the next try
	Ended     *time.Time `json:"ended,omitempty"`
	LastError string     `json:"last_error,omitempty"`
}

func (s Source) describe(ctx context.Context, rec *store.Record) Push {
	p := rec.Push
	out := Push{
		PushID: p.PushID, Initiator: p.Initiator, Received: p.Received,
		DeliverAfter: given(p.DeliverAfter), DeliverBefore: given(p.DeliverBefore),
		ContentType: p.Message.ContentType, Octets: len(p.Message.Body), Deliveries: []Delivery{},
	}
	for _, d := range rec.Deliveries {
		dl := Delivery{
			Address: d.AddressText, State: string(d.Result.State), Code: d.Result.Code, Text: d.Result.Text, At: given(d.Result.At),
		}
		for _, a := range d.Attempts {
			dl.Attempts = append(dl.Attempts, attempt(a))
		}
		if w, ok := s.Waiting(ctx, d.ID); ok && d.Result.State == store.Pending {
			dl.WaitsFor, dl.Next = w.For, given(w.Next)
			for _, leg := range w.Legs {
				dl.Attempts = underWay(leg, dl.Attempts)
			}
		}
		for _, n := range rec.Notifications {
			if n.Delivery == d.ID {
				dl.Notification = notification(n)
			}
		}
		out.Deliveries = append(out.Deliveries, dl)
	}
	return out
}

func attempt(a store.Attempt) Attempt {
	out := Attempt{
		Number: a.Number, Leg: a.Leg, Lane: a.Lane, Bearer: a.Bearer, Node: a.Node, Started: given(a.Started), Ended: given(a.Ended), Steps: a.Steps,
	}
	if !a.Ended.IsZero() {
		out.Outcome, out.Cause = a.Outcome.Kind.String(), a.Outcome.Cause
	}
	return out
}

// underWay adds the steps of a leg that the dispatcher has in memory, after what the store has of it.
func underWay(w dispatch.WaitingLeg, attempts []Attempt) []Attempt {
	if len(w.Steps) == 0 {
		return attempts
	}
	at, number := len(attempts), 1
	for i, a := range attempts {
		if a.Leg == w.Leg {
			at, number = i+1, a.Number+1
		}
	}
	if at > 0 && attempts[at-1].Leg == w.Leg && attempts[at-1].Ended == nil {
		attempts[at-1].Steps = w.Steps
		return attempts
	}
	return slices.Insert(attempts, at, Attempt{Number: number, Leg: w.Leg, Lane: w.Lane, Started: given(w.Steps[0].At), Steps: w.Steps})
}

func notification(n *store.Notification) *Notification {
	out := &Notification{URL: notify.ShownURL(n.URL), State: "owed", Tries: n.Tries, LastError: n.LastError, Ended: given(n.Ended)}
	switch {
	case n.Acked:
		out.State = "acknowledged"
	case !n.Ended.IsZero():
		out.State = "given up"
	default:
		out.Next = given(n.Next)
	}
	return out
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
