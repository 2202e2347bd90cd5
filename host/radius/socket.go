package radius

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// receiveBuffer is how many octets the kernel is asked to hold for us: some seconds of 5,000 messages a second.
const receiveBuffer = 8 << 20

// A socket is the one that accounting comes in by. Where it has many addresses, each answer leaves from the one that was asked: a
// GGSN drops what comes from another.
type socket struct {
	conn *net.UDPConn
	// control reads the address that a message was sent to and makes what sends an answer from there; nil with one address only.
	control func(received []byte) []byte
}

func listen(address string, log hclog.Logger) (*socket, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	network := "udp" // "::" is for IPv4, too
	if at.IP.To4() != nil {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, at)
	if err != nil {
		return nil, err
	}
	if err := conn.SetReadBuffer(receiveBuffer); err != nil { // a small one loses messages only when we are slow
		log.Warn("the receive buffer stays as small as it is", "error", err)
	}
	s := &socket{conn: conn}
	if local := conn.LocalAddr().(*net.UDPAddr); local.IP.IsUnspecified() {
		if err := s.askDestination(local.IP.To4() != nil); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("the address that messages are sent to: %w", err)
		}
	}
	return s, nil
}

// askDestination has the kernel tell of each message which address it was sent to.
func (s *socket) askDestination(four bool) error {
	if four {
		s.control = func(received []byte) []byte {
			var c ipv4.ControlMessage
			if c.Parse(received) != nil {
				return nil
			}
			return sendFrom(c.Dst)
		}
		return ipv4.NewPacketConn(s.conn).SetControlMessage(ipv4.FlagDst, true)
	}
	s.control = func(received []byte) []byte {
		var c ipv6.ControlMessage
		if c.Parse(received) != nil {
			return nil
		}
		return sendFrom(c.Dst)
	}
	return ipv6.NewPacketConn(s.conn).SetControlMessage(ipv6.FlagDst, true)
}

// sendFrom returns what sends a message from an address.
func sendFrom(a net.IP) []byte {
	switch {
	case a == nil:
		return nil
	case a.To4() != nil:
		return (&ipv4.ControlMessage{Src: a}).Marshal()
	}
	return (&ipv6.ControlMessage{Src: a}).Marshal()
}

// read returns the length of the next message, where it comes from, and what sends an answer from where it was sent to.
func (s *socket) read(b, oob []byte) (n int, from netip.AddrPort, control []byte, err error) {
	n, controls, _, from, err := s.conn.ReadMsgUDPAddrPort(b, oob)
	if err == nil && s.control != nil {
		control = s.control(oob[:controls])
	}
	return n, from, control, err
}

// stopReading lets read return with an error.
func (s *socket) stopReading() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) }

func (s *socket) write(b []byte, to netip.AddrPort, control []byte) error {
	_, _, err := s.conn.WriteMsgUDPAddrPort(b, control, to)
	return err
}
