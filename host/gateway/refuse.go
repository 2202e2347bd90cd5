package gateway

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// refuse returns why a push can not be served, nil if it can. Nothing of the push is kept yet.
func (g *Gateway) refuse(rec *store.Record) *pap.Result {
	p := rec.Push
	switch {
	case len(rec.Deliveries) > g.opts.Limits.Recipients:
		return forbid("%d recipients, the limit is %d", len(rec.Deliveries), g.opts.Limits.Recipients)
	case !p.DeliverBefore.IsZero() && !p.DeliverBefore.After(p.Received):
		return forbid("deliver-before-timestamp has passed")
	case !p.DeliverBefore.IsZero() && !p.DeliverBefore.After(p.DeliverAfter):
		return &pap.Result{Code: pap.BadRequest, Desc: "deliver-before-timestamp is not after deliver-after-timestamp"}
	}
	if id := p.Message.Header("X-Wap-Application-Id"); id != "" {
		if _, err := wsp.ApplicationURI(id); err != nil {
			return &pap.Result{Code: pap.BadRequest, Desc: "X-Wap-Application-Id: " + err.Error()}
		}
	}
	subject := dispatch.Subject(p, push.Address{})
	if refusal := g.permits.Load().Refuse(p.Initiator, subject.Application); refusal != nil {
		return refusal
	}
	policies := g.policies.Load()
	for _, d := range rec.Deliveries {
		if refusal := g.refuseUser(d); refusal != nil {
			return refusal
		}
		subject.Address = d.Address
		if refusal := refusePlan(policies, subject, d); refusal != nil {
			return refusal
		}
	}
	return nil
}

// Refuse checks that the application is registered, and that the initiator may push to it; nil if so.
func (p *Permits) Refuse(initiator, application string) *pap.Result {
	allowed := p.Initiators[initiator].Applications
	switch {
	case len(p.Applications) > 0 && !slices.Contains(p.Applications, application):
		return forbid("application %s is not registered", application)
	case len(allowed) > 0 && !slices.Contains(allowed, application):
		return forbid("pushes to application %s are not allowed", application)
	}
	return nil
}

// refuseUser checks that somebody has the user identifier that a push is for. A static one may be without a terminal online: that
// is for the attempts.
func (g *Gateway) refuseUser(d *store.Delivery) *pap.Result {
	if g.opts.Subscribers == nil || d.Address.Type != push.USER {
		return nil
	}
	_, err := g.opts.Subscribers.Resolve(d.Address)
	code := pap.InternalServerError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, subscriber.ErrForeign):
		code = pap.AddressError
	case errors.Is(err, subscriber.ErrUnknown):
		code = pap.AddressNotFound
	}
	return &pap.Result{Code: code, Desc: fmt.Sprintf("%s: %v", d.AddressText, err)}
}

// refusePlan checks that a policy has a way to the recipient.
func refusePlan(policies *policy.Set, subject policy.Subject, d *store.Delivery) *pap.Result {
	err := policies.Check(subject)
	var r *policy.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r):
		return &pap.Result{Code: pap.Code(r.Code), Desc: fmt.Sprintf("%s: %s", d.AddressText, r.Text)}
	}
	return &pap.Result{Code: pap.InternalServerError, Desc: err.Error()}
}

func forbid(format string, args ...any) *pap.Result {
	return &pap.Result{Code: pap.Forbidden, Desc: fmt.Sprintf(format, args...)}
}
