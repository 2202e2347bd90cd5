package sgsn

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Subscriber is what a register knows of one.
type Subscriber struct {
	// SGSN is where it is; invalid is nowhere.
	SGSN netip.Addr
	// Reason is why it is not reachable, nil where it is.
	Reason *gtp.MSNotReachableReason
	// Cause answers in place of all that where it is not 0, with MAPCause where that is not 0.
	Cause    gtp.Cause
	MAPCause gtp.MAPCause
	// Unanswered has the register say nothing.
	Unanswered bool
}

// An HLRConfig is what an HLR is made of.
type HLRConfig struct {
	// Address is where it listens. Port 0 is any that is free.
	Address netip.AddrPort
	// GGSNControl is the port of every GGSN, PortControl where it is 0.
	GGSNControl uint16
	Link        Link
	T3Response  time.Duration
	N3Requests  int
	// Everybody is how one answers for whom Subscribe was not called; nil is that the register does not know of them.
	Everybody *Subscriber
}

// An HLR is a home location register behind a GSN that takes GTP from GGSNs (3GPP TS 29.060 §7.4, 3GPP TS 23.060 §9.2.2.2).
type HLR struct {
	cfg     HLRConfig
	path    *gtp.Path
	running sync.WaitGroup

	mu          sync.Mutex
	subscribers map[push.IMSI]Subscriber
	asked       map[push.IMSI]int
	reported    map[push.IMSI]map[netip.Addr]bool // the GGSNs that said an activation failed, and are to hear when it is back
}

// StartHLR starts a register.
func StartHLR(cfg HLRConfig) (*HLR, error) {
	if cfg.GGSNControl == 0 {
		cfg.GGSNControl = PortControl
	}
	conn, err := listen(cfg.Address, cfg.Link)
	if err != nil {
		return nil, fmt.Errorf("sgsn: HLR: %w", err)
	}
	cfg.Address = conn.at()
	h := &HLR{
		cfg: cfg, subscribers: make(map[push.IMSI]Subscriber),
		asked: make(map[push.IMSI]int), reported: make(map[push.IMSI]map[netip.Addr]bool),
	}
	h.path = gtp.NewPath(conn, gtp.Config{
		T3Response: cfg.T3Response, N3Requests: cfg.N3Requests, RestartCounter: 1, Handler: h, MaxAnswers: 1 << 17,
	})
	h.running.Go(func() { _ = h.path.Serve() })
	return h, nil
}

// Address returns where the register listens.
func (h *HLR) Address() netip.AddrPort { return h.cfg.Address }

// Close ends it.
func (h *HLR) Close() error {
	err := h.path.Close()
	h.running.Wait()
	return err
}

// Subscribe says what the register knows of a subscriber from now on.
func (h *HLR) Subscribe(imsi push.IMSI, s Subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[imsi] = s
}

// Asked returns how often a GGSN asked for a subscriber, a question that was sent again not counted.
func (h *HLR) Asked(imsi push.IMSI) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[imsi]
}

// Reported returns the GGSNs that said since the last Present that the subscriber could not be reached.
func (h *HLR) Reported(imsi push.IMSI) []netip.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(maps.Keys(h.reported[imsi]), netip.Addr.Compare)
}

// HandleRequest is part of gtp.Handler.
func (h *HLR) HandleRequest(r *gtp.Request) {
	switch m := r.Message.(type) {
	case *gtp.SendRouteingInfoRequest:
		if answer := h.routeing(m.IMSI); answer != nil {
			_ = r.Answer(0, answer)
		}
	case *gtp.FailureReportRequest:
		_ = r.Answer(0, h.failed(m.IMSI, r.From.Addr()))
	}
}

// MAP errors (3GPP TS 29.002 §17.6).
const (
	mapUnknownSubscriber gtp.MAPCause = 1
	mapAbsentSubscriber  gtp.MAPCause = 27
)

// known returns the subscriber, with h.mu held.
func (h *HLR) known(imsi push.IMSI) (Subscriber, bool) {
	s, ok := h.subscribers[imsi]
	if !ok && h.cfg.Everybody != nil {
		return *h.cfg.Everybody, true
	}
	return s, ok
}

// routeing answers Send Routeing Information for GPRS; nil is no answer.
func (h *HLR) routeing(imsi push.IMSI) *gtp.SendRouteingInfoResponse {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked[imsi]++
	s, ok := h.known(imsi)
	answer := &gtp.SendRouteingInfoResponse{Cause: gtp.CauseRequestAccepted, IMSI: imsi}
	switch {
	case !ok:
		answer.Cause, answer.MAPCause = gtp.CauseIMSINotKnown, new(mapUnknownSubscriber)
	case s.Unanswered:
		return nil
	case s.Cause != 0:
		if answer.Cause = s.Cause; s.MAPCause != 0 {
			answer.MAPCause = &s.MAPCause
		}
	case !s.SGSN.IsValid() && s.Reason == nil:
		answer.MAPCause = new(mapAbsentSubscriber)
	default:
		answer.MSNotReachableReason, answer.GSNAddress = s.Reason, s.SGSN
	}
	return answer
}

// failed notes that a subscriber was not reached, and by whom (3GPP TS 23.060 §9.2.2.2, unsuccessful activation).
func (h *HLR) failed(imsi push.IMSI, ggsn netip.Addr) *gtp.FailureReportResponse {
	h.mu.Lock()
	defer h.mu.Unlock()
	s, ok := h.known(imsi)
	if !ok {
		return &gtp.FailureReportResponse{Cause: gtp.CauseIMSINotKnown, MAPCause: new(mapUnknownSubscriber)}
	}
	if s.Reason == nil {
		s.Reason = new(gtp.NoPagingResponseSGSN)
		h.subscribers[imsi] = s
	}
	if h.reported[imsi] == nil {
		h.reported[imsi] = make(map[netip.Addr]bool)
	}
	h.reported[imsi][ggsn] = true
	return &gtp.FailureReportResponse{Cause: gtp.CauseRequestAccepted}
}

// Present has the register learn that a subscriber can be reached at an SGSN, and tell every GGSN that reported a failure, beside those
// that are named: Note MS GPRS Present. It returns when all have answered; an error is one that did not accept.
func (h *HLR) Present(imsi push.IMSI, sgsn netip.Addr, also ...netip.Addr) error {
	h.mu.Lock()
	h.subscribers[imsi] = Subscriber{SGSN: sgsn}
	ggsns := slices.Collect(maps.Keys(h.reported[imsi]))
	delete(h.reported, imsi)
	h.mu.Unlock()
	for _, a := range also {
		if !slices.Contains(ggsns, a) {
			ggsns = append(ggsns, a)
		}
	}
	var failures []error
	answers := make(chan error, len(ggsns))
	for _, ggsn := range ggsns {
		to := netip.AddrPortFrom(ggsn, h.cfg.GGSNControl)
		err := h.path.Send(to, 0, &gtp.NoteMSGPRSPresentRequest{IMSI: imsi, GSNAddress: sgsn}, func(p gtp.Packet, err error) {
			if m, ok := p.Message.(*gtp.NoteMSGPRSPresentResponse); ok && !m.Cause.Accepted() {
				err = fmt.Errorf("sgsn: Note MS GPRS Present to %v: %v", to, m.Cause)
			}
			answers <- err
		})
		if err != nil {
			answers <- err
		}
	}
	for range ggsns {
		failures = append(failures, <-answers)
	}
	return errors.Join(failures...)
}
