package metrics

import (
	"context"
	"time"

	"github.com/ppgbox/ppgbox/host/pap"
)

// Gateway watches the answers of a gateway.
func (m *Metrics) Gateway(g pap.Gateway) pap.Gateway { return watchedGateway{g, m} }

type watchedGateway struct {
	pap.Gateway
	m *Metrics
}

// Submit implements pap.Gateway.
func (w watchedGateway) Submit(ctx context.Context, pi *pap.Initiator, s *pap.Submission) (*pap.PushResponse, error) {
	began := time.Now()
	resp, err := w.Gateway.Submit(ctx, pi, s)
	w.m.submitTime.Observe(time.Since(began).Seconds())
	code := "unavailable"
	if err == nil {
		code = number(int(resp.Result.Code))
	}
	w.m.submissions.WithLabelValues(code).Inc()
	return resp, err
}
