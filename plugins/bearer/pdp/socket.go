package pdp

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A socket is the transmitter of one origin.
type socket struct {
	conn  *net.UDPConn
	batch interface { // several datagrams with one call, where the system has one
		WriteBatch(ms []ipv4.Message, flags int) (int, error)
	}
	hear     func(complaint)
	messages []ipv4.Message
	buffers  [][]byte
	to       []net.UDPAddr
}

// receiveBuffer holds the errors that are not read yet, in octets; what has no room in it is lost.
const receiveBuffer = 1 << 20

func openSocket(from origin, hear func(complaint)) (transmitter, error) {
	network := "udp6"
	if from.source.Addr().Is4() {
		network = "udp4"
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = setOptions(int(fd), from) })
		if failed != nil {
			return failed
		}
		return err
	}}
	listening, err := config.ListenPacket(context.Background(), network, from.source.String())
	if err != nil {
		return nil, fmt.Errorf("the source of pushes: %w", err)
	}
	s := &socket{conn: listening.(*net.UDPConn), hear: hear, messages: make([]ipv4.Message, maxBatch), buffers: make([][]byte, maxBatch), to: make([]net.UDPAddr, maxBatch)}
	for i := range s.messages {
		s.messages[i] = ipv4.Message{Buffers: s.buffers[i : i+1], Addr: &s.to[i]}
	}
	_ = s.conn.SetReadBuffer(receiveBuffer) // what the system allows
	if network == "udp4" {
		s.batch = ipv4.NewPacketConn(s.conn)
	} else {
		s.batch = ipv6.NewPacketConn(s.conn)
	}
	go listen(s.conn, hear)
	return s, nil
}

func (s *socket) send(batch []*sending) (int, error) {
	for i, one := range batch {
		s.buffers[i] = one.datagram
		s.to[i].IP, _ = one.to.Addr().AppendBinary(s.to[i].IP[:0]) // never fails
		s.to[i].Port, s.to[i].Zone = int(one.to.Port()), one.zone
	}
	n, err := s.batch.WriteBatch(s.messages[:len(batch)], 0)
	clear(s.buffers[:len(batch)])
	if err != nil {
		readAtOnce(s.conn, s.hear) // so that the next call does not fail with the error of another datagram
	}
	return max(n, 0), err
}

func (s *socket) close() { s.conn.Close() }
