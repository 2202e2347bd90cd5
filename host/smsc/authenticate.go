package smsc

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// failedBindPause is how long a failed bind waits for its answer at most, so that guessing is slow.
const failedBindPause = 500 * time.Millisecond

// authenticate decides on a bind (SMPP 3.4 §4.1).
func (s *SMSC) authenticate(ctx context.Context, b *smpp.Bind, peer net.Addr) smpp.Status {
	status := s.mayBind(ctx, b, peer)
	if status != smpp.StatusOK {
		s.metrics.bindsRefused.WithLabelValues(status.String()).Inc()
		if fields, ok := s.refusals.Allow("system_id", b.SystemID, "from", peer.String(), "status", status.String()); ok {
			s.log.Warn("bind refused", fields...)
		}
	}
	if status == smpp.StatusInvPaswd || status == smpp.StatusInvSysID {
		select {
		case <-time.After(min(failedBindPause, s.config.bindTimeout/4)):
		case <-ctx.Done():
		}
	}
	return status
}

func (s *SMSC) mayBind(ctx context.Context, b *smpp.Bind, peer net.Addr) smpp.Status {
	if s.stopping.Load() {
		return smpp.StatusBindFail
	}
	a := s.account(b.SystemID)
	if a == nil {
		return smpp.StatusInvSysID
	}
	address, err := netip.ParseAddrPort(peer.String())
	if err != nil || !a.allows(address.Addr().Unmap().WithZone("")) {
		return smpp.StatusBindFail
	}
	if !a.verified.known(b.Password) {
		select {
		case s.hashing <- struct{}{}:
		case <-ctx.Done():
			return smpp.StatusBindFail
		}
		right := a.verified.right(a.hash, b.Password)
		<-s.hashing
		if !right {
			return smpp.StatusInvPaswd
		}
	}
	if !a.bind() {
		return smpp.StatusAlyBnd
	}
	s.binding.Store(peer.String(), a)
	return smpp.StatusOK
}

// bound is called with every session, on a goroutine of its own, and returns when the session has ended.
func (s *SMSC) bound(session *smpp.Session) {
	b := session.Bind()
	log := s.log.With("system_id", b.SystemID, "from", session.RemoteAddr().String())
	a := s.bindMade(session.RemoteAddr())
	if a == nil {
		session.Close()
		return
	}
	s.sessions.Store(session, a)
	if s.stopping.Load() || s.account(b.SystemID) == nil { // no longer in the configuration
		session.Close()
	}
	log.Info("bound", "as", bindName(b.Mode))
	<-session.Done()
	s.sessions.Delete(session)
	a.unbind()
	log.Info("unbound", "why", session.Err())
	if now := s.account(b.SystemID); now != nil {
		a = now // whose on_link_loss counts
	}
	s.lost(a, session)
}

// notBound is told of binds that came to nothing.
func (s *SMSC) notBound(peer net.Addr, err error) {
	if peer == nil {
		s.log.Error("a connection could not be accepted", "error", err)
		return
	}
	if a := s.bindMade(peer); a != nil {
		a.unbind()
	}
	s.log.Debug("no bind", "from", peer.String(), "error", err)
}

// bindMade is the account of a bind that was let in, once.
func (s *SMSC) bindMade(peer net.Addr) *account {
	a, ok := s.binding.LoadAndDelete(peer.String())
	if !ok {
		return nil
	}
	return a.(*account)
}

func bindName(m smpp.BindMode) string {
	switch m {
	case smpp.Receiver:
		return "receiver"
	case smpp.Transmitter:
		return "transmitter"
	}
	return "transceiver"
}
