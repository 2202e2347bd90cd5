package pdp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// sockets are the UDP sockets that pushes leave from, one for each source and family.
type sockets struct {
	mu   sync.Mutex
	open map[netip.AddrPort]*net.UDPConn
}

// send sends one datagram and says what the kernel thinks of it.
func (s *sockets) send(source, to netip.AddrPort, datagram []byte) push.Outcome {
	conn, err := s.from(source, to)
	if err != nil {
		return push.Outcome{Kind: push.OutcomeFailedForNow, Cause: err.Error()}
	}
	_, err = conn.WriteToUDPAddrPort(datagram, to)
	switch {
	case err == nil:
		return push.Outcome{Kind: push.OutcomeAccepted, Cause: fmt.Sprintf("%d octets sent to %s", len(datagram), to)}
	case errors.Is(err, syscall.EMSGSIZE):
		return push.Outcome{Kind: push.OutcomeRefused, Text: "the push is too long for this bearer", Cause: err.Error()}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ECONNREFUSED):
		return push.Outcome{Kind: push.OutcomeUnreachable, Cause: err.Error()}
	default:
		return push.Outcome{Kind: push.OutcomeFailedForNow, Cause: err.Error()}
	}
}

// from returns the socket for a source, and opens it if need be. No source is any address of the terminal's family.
func (s *sockets) from(source, to netip.AddrPort) (*net.UDPConn, error) {
	if !source.Addr().IsValid() {
		unspecified := netip.IPv6Unspecified()
		if to.Addr().Is4() {
			unspecified = netip.IPv4Unspecified()
		}
		source = netip.AddrPortFrom(unspecified, source.Port())
	}
	if source.Addr().Is4() != to.Addr().Is4() {
		return nil, fmt.Errorf("%s can not be reached from the source %s", to.Addr(), source.Addr())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if conn := s.open[source]; conn != nil {
		return conn, nil
	}
	network := "udp6"
	if source.Addr().Is4() {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(source))
	if err != nil {
		return nil, fmt.Errorf("opening the source of pushes: %w", err)
	}
	if s.open == nil {
		s.open = map[netip.AddrPort]*net.UDPConn{}
	}
	s.open[source] = conn
	go discard(conn)
	return conn, nil
}

// discard reads what terminals send back, so that it does not pile up: nothing answers a connectionless push.
func discard(conn *net.UDPConn) {
	buf := make([]byte, 512)
	for {
		_, _, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}
