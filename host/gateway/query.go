package gateway

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/store"
)

// Query tells the state of a push, with the recipients that share a state together (OMA-TS-PAP §9.7).
func (g *Gateway) Query(ctx context.Context, pi *pap.Initiator, q *pap.StatusQuery) (*pap.StatusQueryResponse, error) {
	rec, err := g.opts.Store.Find(ctx, pi.Name, q.PushID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return unknown(q, pap.PushIDNotFound, "push-id "+q.PushID+" is not known", q.Addresses), nil
	case err != nil:
		return nil, &pap.Unavailable{RetryAfter: retryAfter, Cause: err.Error()}
	}
	resp := &pap.StatusQueryResponse{PushID: q.PushID}
	missing := slices.Clone(q.Addresses)
	for _, d := range rec.Deliveries {
		asked := func(a pap.Address) bool { return a.Client == d.Address }
		if len(q.Addresses) > 0 && !slices.ContainsFunc(q.Addresses, asked) {
			continue
		}
		missing = slices.DeleteFunc(missing, asked)
		add(resp, rec.Push, d)
	}
	if len(missing) > 0 {
		more := unknown(q, pap.AddressNotFound, "the push was not for this address", missing)
		resp.Results = append(resp.Results, more.Results...)
	}
	return resp, nil
}

func unknown(q *pap.StatusQuery, code pap.Code, desc string, addresses []pap.Address) *pap.StatusQueryResponse {
	return &pap.StatusQueryResponse{PushID: q.PushID, Results: []pap.StatusQueryResult{
		{State: pap.StateUnknown, Code: code, Desc: desc, Addresses: addresses},
	}}
}

// add puts a delivery to the result that says the same of others, or to a new one.
func add(resp *pap.StatusQueryResponse, p *store.Push, d *store.Delivery) {
	r := pap.StatusQueryResult{
		State: pap.MessageState(d.Result.State), Code: pap.Code(d.Result.Code), Desc: d.Result.Text, EventTime: d.Result.At,
		QoS: pap.ResultQoS(d.Result.Method, d.Result.Network, d.Result.Bearer),
	}
	if d.Result.State == store.Pending {
		r.Code, r.Desc, r.EventTime = pap.AcceptedForProcessing, "", p.Received
	}
	to := pap.Address{Text: d.AddressText, Client: d.Address}
	for i := range resp.Results {
		if same := &resp.Results[i]; sameResult(same, &r) {
			same.Addresses = append(same.Addresses, to)
			return
		}
	}
	r.Addresses = []pap.Address{to}
	resp.Results = append(resp.Results, r)
}

func sameResult(a, b *pap.StatusQueryResult) bool {
	sameQoS := a.QoS == nil && b.QoS == nil || a.QoS != nil && b.QoS != nil && *a.QoS == *b.QoS
	// PAP writes times in whole seconds.
	return a.State == b.State && a.Code == b.Code && a.Desc == b.Desc && sameQoS &&
		a.EventTime.Truncate(time.Second).Equal(b.EventTime.Truncate(time.Second))
}
