package pap

import (
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// QualityOfService is what a push asks of its delivery, or, in a result, how it was delivered (OMA-TS-PAP §9.2.2).
type QualityOfService struct {
	Priority       push.Priority
	DeliveryMethod push.DeliveryMethod
	// Network and Bearer are names of WDP appendix C, "" if none was given; they compare without case.
	Network string
	Bearer  string
	// NetworkRequired and BearerRequired make a condition of what is a wish otherwise.
	NetworkRequired bool
	BearerRequired  bool
}

func (q *QualityOfService) set(name, value string) (err error) {
	switch name {
	case "priority":
		q.Priority, err = parsePriority(value)
	case "delivery-method":
		q.DeliveryMethod, err = parseDeliveryMethod(value)
	case "network":
		q.Network = strings.TrimSpace(value)
	case "network-required":
		q.NetworkRequired, err = parseBool(value)
	case "bearer":
		q.Bearer = strings.TrimSpace(value)
	case "bearer-required":
		q.BearerRequired, err = parseBool(value)
	default:
		return errUnknownName
	}
	return err
}

func (q *QualityOfService) missing() string      { return "" }
func (q *QualityOfService) child(string) element { return nil }
func (q *QualityOfService) lacks() string        { return "" }

// write leaves out what has its default.
func (q *QualityOfService) write(w *writer) {
	w.open("quality-of-service")
	switch q.Priority {
	case push.PriorityHigh:
		w.attr("priority", "high")
	case push.PriorityLow:
		w.attr("priority", "low")
	}
	if q.DeliveryMethod != push.NotSpecified {
		w.attr("delivery-method", formatDeliveryMethod(q.DeliveryMethod))
	}
	w.optional("network", q.Network)
	w.flag("network-required", q.NetworkRequired)
	w.optional("bearer", q.Bearer)
	w.flag("bearer-required", q.BearerRequired)
	w.close()
}

func parsePriority(v string) (push.Priority, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "high":
		return push.PriorityHigh, nil
	case "medium":
		return push.PriorityMedium, nil
	case "low":
		return push.PriorityLow, nil
	}
	return 0, fmt.Errorf("%q is none of high, medium, low", clip(v, 40))
}

func parseDeliveryMethod(v string) (push.DeliveryMethod, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "confirmed":
		return push.Confirmed, nil
	case "preferconfirmed":
		return push.PreferConfirmed, nil
	case "unconfirmed":
		return push.Unconfirmed, nil
	case "notspecified":
		return push.NotSpecified, nil
	}
	return 0, fmt.Errorf("%q is none of confirmed, preferconfirmed, unconfirmed, notspecified", clip(v, 40))
}

func formatDeliveryMethod(m push.DeliveryMethod) string {
	switch m {
	case push.Confirmed:
		return "confirmed"
	case push.PreferConfirmed:
		return "preferconfirmed"
	case push.Unconfirmed:
		return "unconfirmed"
	}
	return "notspecified"
}

func parseBool(v string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", clip(v, 40))
}
