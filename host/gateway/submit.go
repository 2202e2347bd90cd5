package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Submit takes a push for all its recipients or for none. The answer 1001 comes after it is on disk.
func (g *Gateway) Submit(_ context.Context, pi *pap.Initiator, s *pap.Submission) (*pap.PushResponse, error) {
	rec := g.record(pi, s)
	if refusal := g.refuse(rec); refusal != nil {
		return answer(s, refusal.Code, refusal.Desc), nil
	}
	n := int64(len(rec.Deliveries))
	defer g.incoming.Add(-n)
	waiting := g.incoming.Add(n) + int64(g.opts.Dispatcher.Pending())
	switch {
	case g.closed.Load():
		return nil, &pap.Unavailable{RetryAfter: retryAfter, Cause: "the gateway is stopping"}
	case waiting > int64(g.opts.Limits.Pending):
		return nil, &pap.Unavailable{
			RetryAfter: retryAfter, Cause: fmt.Sprintf("%d deliveries are pending, the limit is %d", waiting-n, g.opts.Limits.Pending),
		}
	case g.full(pi, int(n)):
		return nil, &pap.Unavailable{RetryAfter: retryAfter, Cause: "as many of the initiator's deliveries are pending as its limit is"}
	case rec.Push.NotifyURL != "" && g.opts.Owed(pi.Name) >= g.opts.Limits.Pending:
		return nil, &pap.Unavailable{RetryAfter: retryAfter, Cause: "the initiator does not acknowledge its result notifications"}
	}
	if wait := g.hold(pi); wait > 0 { // last, since a push that is refused for another reason is not counted
		return nil, &pap.Unavailable{RetryAfter: wait, Cause: "more pushes than the initiator's rate"}
	}
	err := g.keep(rec)
	switch {
	case errors.Is(err, store.ErrDuplicatePushID):
		return answer(s, pap.DuplicatePushID, "push-id "+s.Message.PushID+" was used before"), nil
	case err != nil:
		return nil, &pap.Unavailable{RetryAfter: retryAfter, Cause: err.Error()}
	}
	g.opts.Dispatcher.Add(rec)
	return answer(s, pap.AcceptedForProcessing, ""), nil
}

func answer(s *pap.Submission, code pap.Code, desc string) *pap.PushResponse {
	if desc == "" {
		desc = code.Desc()
	}
	return &pap.PushResponse{PushID: s.Message.PushID, Result: pap.Result{Code: code, Desc: desc}}
}

// keep returns when the push is on disk. A Push Initiator that hangs up meanwhile does not take its push back: what was
// handed to the store is carried out, and the answer is only not heard.
func (g *Gateway) keep(rec *store.Record) error {
	w, ok := g.waits.Get().(*wait)
	if !ok {
		w = newWait()
	}
	g.opts.Store.Commit([]store.Event{store.PushAccepted{Push: rec.Push, Deliveries: rec.Deliveries}}, w.done)
	err := <-w.kept
	g.waits.Put(w) // done is called once, so nobody else has it now
	return err
}

// wait is for the end of one commit.
type wait struct {
	kept chan error
	done func(error)
}

func newWait() *wait {
	kept := make(chan error, 1)
	return &wait{kept, func(err error) { kept <- err }}
}

// hold returns how long the initiator's rate makes it wait, 0 if it may push now.
func (g *Gateway) hold(pi *pap.Initiator) time.Duration {
	limit := g.permits.Load().Initiators[pi.Name].Rate
	if limit == nil {
		return 0
	}
	r := limit.Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

// full reports whether n more deliveries are too many for the initiator. Requests that come at once may pass the limit together, by
// their own size at most.
func (g *Gateway) full(pi *pap.Initiator, n int) bool {
	limit := g.permits.Load().Initiators[pi.Name].Pending
	return limit > 0 && g.opts.Dispatcher.PendingOf(pi.Name)+n > limit
}

// record makes what is stored of a submission. A recipient that is named twice gets the push once.
func (g *Gateway) record(pi *pap.Initiator, s *pap.Submission) *store.Record {
	m := s.Message
	// Most pushes are to one recipient, and all that is kept of them is one piece of memory.
	room := new(struct {
		record     store.Record
		push       store.Push
		delivery   [1]store.Delivery
		deliveries [1]*store.Delivery
	})
	p := &room.push
	*p = store.Push{
		Initiator: pi.Name, PushID: m.PushID, Received: g.opts.Clock.Wall(),
		DeliverAfter: m.DeliverAfter, DeliverBefore: m.DeliverBefore,
		NotifyURL: m.NotifyTo, ProgressNotes: m.ProgressNotesRequested, SourceReference: m.SourceReference,
		PAPVersion: s.Version.String(), Message: s.Content, Capabilities: s.Capabilities,
	}
	if q := m.QoS; q != nil {
		p.Priority, p.Method = q.Priority, q.DeliveryMethod
		p.Network, p.NetworkNeeded, p.Bearer, p.BearerNeeded = q.Network, q.NetworkRequired, q.Bearer, q.BearerRequired
	}
	if p.DeliverBefore.IsZero() && g.opts.Limits.Lifetime > 0 {
		p.DeliverBefore = later(p.Received, p.DeliverAfter).Add(g.opts.Limits.Lifetime)
	}
	// The content lies in the body of the POST, whose memory is not ours to keep.
	p.Message.Body, p.Capabilities = bytes.Clone(p.Message.Body), bytes.Clone(p.Capabilities)
	// Whether an initiator is trusted is the gateway's to say (WAP-251 §6.2.2.7).
	p.Message.Headers = slices.DeleteFunc(p.Message.Headers, func(h push.Header) bool { return strings.EqualFold(h.Name, "Push-Flag") })
	deliveries := recipients(room.delivery[:0], m.Addresses)
	p.ID = g.opts.Store.NextIDs(1 + len(deliveries))
	rec := &room.record
	rec.Push, rec.Deliveries = p, slices.Grow(room.deliveries[:0], len(deliveries))
	for i := range deliveries {
		d := &deliveries[i]
		d.ID, d.Push, d.Lane, d.Result.State = p.ID+1+int64(i), p.ID, d.Address.String(), store.Pending
		rec.Deliveries = append(rec.Deliveries, d)
	}
	return rec
}

// recipients begins the delivery to each address, in room if there is enough.
func recipients(room []store.Delivery, addresses []pap.Address) []store.Delivery {
	deliveries := slices.Grow(room, len(addresses))
	var seen map[push.Address]bool // of one recipient there is nothing to remember
	if len(addresses) > 1 {
		seen = make(map[push.Address]bool, len(addresses))
	}
	for i := range addresses {
		a := &addresses[i]
		if seen[a.Client] {
			continue
		}
		if seen != nil {
			seen[a.Client] = true
		}
		deliveries = append(deliveries, store.Delivery{Address: a.Client, AddressText: a.Text})
	}
	return deliveries
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
