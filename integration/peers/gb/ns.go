package gb

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// A Config says who the mobile is.
type Config struct {
	// SGSN is where it listens for NS over UDP.
	SGSN netip.AddrPort
	IMSI string
	APN  string
}

// An Event is something that the mobile saw.
type Event struct {
	Kind Kind
	// Address is the one of the context, with Activated.
	Address netip.Addr
	// Cause is of GMM or SM, with Rejected and Deactivated.
	Cause byte
	// Packet is the IP packet, with Received.
	Packet []byte
}

// A Kind of event.
type Kind string

// The kinds of events.
const (
	Attached    Kind = "attached"
	Activated   Kind = "activated"
	Rejected    Kind = "rejected"
	Deactivated Kind = "deactivated"
	Received    Kind = "received"
)

// PDU types (§9.3.7 of TS 48.016).
const (
	nsUnitdata   = 0x00
	nsReset      = 0x02
	nsResetAck   = 0x03
	nsUnblock    = 0x06
	nsUnblockAck = 0x07
	nsAlive      = 0x0a
	nsAliveAck   = 0x0b
)

// Elements of NS, and our only virtual connection and entity (§10.3).
const (
	nsCause = 0x00
	nsVCI   = 0x01
	nsEI    = 0x04
	only    = 101
)

// A Mobile is the mobile with its cell.
type Mobile struct {
	cfg    Config
	conn   *net.UDPConn
	events chan Event
	served sync.WaitGroup

	mu       sync.Mutex
	tlli     uint32
	sequence [16]uint16        // N(U) of the next frame, by SAPI
	segments map[uint16][]byte // of packets that are not whole, by N-PDU number
}

// Start connects the cell over a socket to an SGSN and attaches the mobile. The events are to be read with Events.
func Start(conn *net.UDPConn, cfg Config) (*Mobile, error) {
	const pending = 100
	m := &Mobile{
		cfg: cfg, conn: conn, events: make(chan Event, pending), segments: make(map[uint16][]byte),
		tlli: 0x78abcdef, // a random one (3GPP TS 23.003 §2.6)
	}
	reset := append([]byte{nsReset}, element(nsCause, 0)...) // transit network failure, as after a start
	if err := m.write(append(append(reset, element(nsVCI, 0, only)...), element(nsEI, 0, only)...)); err != nil {
		return nil, err
	}
	m.served.Go(m.serve)
	return m, nil
}

// Events returns what the mobile sees. It is closed with the mobile.
func (m *Mobile) Events() <-chan Event { return m.events }

// Close ends it without a word to the SGSN, and closes the socket.
func (m *Mobile) Close() error {
	err := m.conn.Close()
	m.served.Wait()
	return err
}

func (m *Mobile) write(b []byte) error {
	_, err := m.conn.WriteToUDPAddrPort(b, m.cfg.SGSN)
	return err
}

// say writes what the SGSN may miss, as on any bad line.
func (m *Mobile) say(b []byte, more ...[]byte) {
	_ = m.write(slices.Concat(append([][]byte{b}, more...)...))
}

func (m *Mobile) serve() {
	defer close(m.events)
	b := make([]byte, 1<<16)
	for {
		n, err := m.conn.Read(b)
		if err != nil {
			return
		}
		if n == 0 {
			continue
		}
		switch b[0] {
		case nsReset:
			m.say(append(append([]byte{nsResetAck}, element(nsVCI, 0, only)...), element(nsEI, 0, only)...))
		case nsResetAck:
			m.say([]byte{nsAlive})
			m.say([]byte{nsUnblock})
		case nsUnblock:
			m.say([]byte{nsUnblockAck})
		case nsUnblockAck:
			m.resetCell(signalling)
		case nsAlive:
			m.say([]byte{nsAliveAck})
		case nsUnitdata:
			if n > 4 {
				m.bssgp(binary.BigEndian.Uint16(b[2:]), b[4:n])
			}
		}
	}
}

// note hands an event on. One that nobody reads is not waited for.
func (m *Mobile) note(e Event) {
	select {
	case m.events <- e:
	default:
	}
}
