package ggsn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// headerGPDU is the size of the header of a G-PDU without sequence number: who receives one may not ask for the order of packets that
// nobody numbers (§9.3.1).
const headerGPDU = 8

// A userPlane is the socket for G-PDUs.
type userPlane struct {
	g    *GGSN
	conn gtp.Conn
	// complaints bounds what is answered to packets that are for nobody: Error Indications and refusals of versions.
	complaints *rate.Limiter
}

// mostComplaints is how many of them there are in a second.
const mostComplaints = 1000

func newUserPlane(g *GGSN, conn gtp.Conn) *userPlane {
	return &userPlane{g: g, conn: conn, complaints: rate.NewLimiter(mostComplaints, mostComplaints)}
}

// serve reads until the socket is closed.
func (u *userPlane) serve() error {
	b := make([]byte, 1<<16)
	for {
		n, from, err := u.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("GTP-U: read: %w", err)
		}
		u.receive(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), b[:n])
	}
}

// receive handles one datagram.
func (u *userPlane) receive(from netip.AddrPort, b []byte) {
	if !u.g.allowedUser(from.Addr()) {
		u.g.dropped(planeUser, from, gtp.ErrNotAllowed)
		return
	}
	p, err := gtp.Parse(b)
	if err != nil {
		u.unreadable(from, p, err)
		return
	}
	switch m := p.Message.(type) {
	case *gtp.GPDU:
		u.uplink(from, p.Header.TEID, m.Payload)
	case *gtp.EchoRequest: // the counter is that of the control plane; here it is 0 and means nothing (3GPP TS 29.281 §7.2.2)
		u.write(from, gtp.Header{Sequence: p.Header.Sequence}, new(gtp.EchoResponse))
	case *gtp.ErrorIndication:
		u.errorIndicated(from, m)
	default:
		u.g.dropped(planeUser, from, gtp.ErrUnexpected)
	}
}

func (u *userPlane) unreadable(from netip.AddrPort, p gtp.Packet, err error) {
	u.g.dropped(planeUser, from, err)
	var bad *gtp.ParseError
	if errors.As(err, &bad) && bad.Action == gtp.RefuseVersion && u.complaints.Allow() { // §11.1.1
		u.write(from, gtp.Header{Sequence: p.Header.Sequence}, new(gtp.VersionNotSupported))
	}
}

// write sends a message that is no G-PDU. That the socket does not take it is what any network may do to a datagram.
func (u *userPlane) write(to netip.AddrPort, h gtp.Header, m gtp.Message) {
	h.Sequenced = true
	if b, err := gtp.Append(nil, h, m); err == nil {
		_, _ = u.conn.WriteToUDPAddrPort(b, to)
	}
}

// errorIndicated ends the context whose tunnel its SGSN does not know (§7.3.7, 3GPP TS 23.007 §11.4). The tunnel is named by its TEID and
// the address that the packet went to, which is who says so: nobody else is believed, for TEIDs are often numbered one after the other.
func (u *userPlane) errorIndicated(from netip.AddrPort, m *gtp.ErrorIndication) {
	u.g.metrics.indicationsIn.Inc()
	c, ok := u.g.table.ByTunnel(m.Address, m.TEIDData)
	if !ok || c.SGSN.User != from.Addr() {
		u.g.dropped(planeUser, from, gtp.ErrUnexpected)
		return
	}
	u.g.listening.contextLost(c.Address, fmt.Sprintf("Error Indication from %s: the tunnel is not known there", from.Addr()))
	u.g.end(c.Control, endedIndicated)
}

// uplink handles a packet of a terminal.
func (u *userPlane) uplink(from netip.AddrPort, teid gtp.TEID, b []byte) {
	g := u.g
	own, ok := g.table.Uplink(teid, len(b), g.clock.Elapsed())
	if !ok { // §7.3.7: whoever sent it shall end its side
		g.metrics.uplink.of(uplinkNoContext)
		if u.complaints.Allow() {
			g.metrics.indicationsOut.Inc()
			u.write(netip.AddrPortFrom(from.Addr(), g.config.peerUser), gtp.Header{}, &gtp.ErrorIndication{TEIDData: teid, Address: g.userAddress})
		}
		return
	}
	h, ok := packet.Parse(b)
	if !ok || h.Source != own { // not this terminal's own
		g.metrics.uplink.of(uplinkSpoofed)
		return
	}
	if h.Destination == g.config.source {
		if c, ok := packet.ParseComplaint(h, b); ok && g.listening.complained(own, c) {
			g.metrics.uplink.of(uplinkComplaint)
			return
		}
	}
	if g.tun == nil {
		g.metrics.uplink.of(uplinkDropped)
		return
	}
	if _, err := g.tun.Write(b); err != nil {
		g.metrics.uplink.of(uplinkFailed)
		return
	}
	g.metrics.uplink.of(uplinkForwarded)
}

// send sends a packet, which stands behind room for its header, through a tunnel.
func (u *userPlane) send(way contexts.Way, b []byte) error {
	writeHeader(way, b)
	_, err := u.conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(way.User, u.g.config.peerUser))
	if err == nil {
		u.g.table.Downlink(u.g.clock.Elapsed(), contexts.Sent{Way: way, Octets: len(b) - headerGPDU})
	}
	return err
}

// writeHeader writes the header of a G-PDU into the room before its packet.
func writeHeader(way contexts.Way, b []byte) {
	const flags = 1<<5 | 1<<4 // version 1, GTP
	b[0], b[1] = flags, byte(gtp.TypeGPDU)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-headerGPDU))
	binary.BigEndian.PutUint32(b[4:], uint32(way.TEID))
}
