package sgsn

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// A handler takes the requests of GGSNs in one life of the SGSN.
type handler struct {
	s    *SGSN
	life int
}

// HandleRequest is part of gtp.Handler.
func (h handler) HandleRequest(r *gtp.Request) {
	switch m := r.Message.(type) {
	case *gtp.PDUNotificationRequest:
		h.s.notified(r, m, h.life)
	case *gtp.DeletePDPContextRequest:
		h.s.deleted(r)
	case *gtp.UpdatePDPContextRequest:
		h.s.updated(r)
	}
}

// notified takes a PDU Notification Request (3GPP TS 29.060 §7.3.8). The response goes to the tunnel endpoint that the GGSN named.
func (s *SGSN) notified(r *gtp.Request, m *gtp.PDUNotificationRequest, life int) {
	s.mu.Lock()
	s.notices[m.IMSI]++
	t := s.terminal(m.IMSI).at(s.notices[m.IMSI])
	s.mu.Unlock()
	cause := gtp.CauseRequestAccepted
	switch {
	case t.Unanswered:
		cause = 0
	case t.Refuse != 0:
		cause = t.Refuse
	}
	address := m.EndUserAddress.IPv4
	if !address.IsValid() {
		address = m.EndUserAddress.IPv6
	}
	s.observe(Event{Kind: Notified, IMSI: m.IMSI, Cause: cause, Address: address, Notification: m})
	if cause == 0 {
		return
	}
	_ = r.Answer(m.TEIDControl, &gtp.PDUNotificationResponse{Cause: cause}) // a message that can always be sent
	if !cause.Accepted() {
		return
	}
	ggsn := netip.AddrPortFrom(m.GGSNSignalling, s.cfg.GGSNControl)
	switch t.Does {
	case Activates:
		s.after(t.After, life, func() {
			_ = s.create(Activation{IMSI: m.IMSI, APN: m.APN, Address: t.wish(m.EndUserAddress), GGSN: ggsn}, func(Event) {})
		})
	case Rejects:
		s.after(t.After, life, func() { s.reject(ggsn, m, t) })
	}
}

// reject tells the GGSN that the terminal does not want to, or can not (§7.3.10).
func (s *SGSN) reject(ggsn netip.AddrPort, m *gtp.PDUNotificationRequest, t Terminal) {
	s.mu.Lock()
	_, teid := s.newTEID()
	path := s.path
	s.mu.Unlock()
	cause := t.Reject
	if cause == 0 {
		cause = gtp.CauseMSRefuses
	}
	request := &gtp.PDUNotificationRejectRequest{Cause: cause, TEIDControl: teid, EndUserAddress: m.EndUserAddress, APN: m.APN}
	failed := func(err error) { s.observe(Event{Kind: Failed, IMSI: m.IMSI, Err: err}) }
	err := path.Send(ggsn, m.TEIDControl, request, func(p gtp.Packet, err error) {
		answer, ok := p.Message.(*gtp.PDUNotificationRejectResponse)
		if err != nil || !ok {
			failed(err)
			return
		}
		s.observe(Event{Kind: Rejected, IMSI: m.IMSI, Cause: answer.Cause})
	})
	if err != nil {
		failed(err)
	}
}
