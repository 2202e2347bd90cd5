//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A datagramSink is every terminal that is online: it takes the pushes to all of 127.0.0.0/8 at one port and books them. Whom a push is
// for is told by the address that it came to.
type datagramSink struct {
	sink *sink
	fd   int
	port int

	buffer  [2048]byte
	control [128]byte
	digits  [digits]byte
}

// A terminal that holds a session has this address: 127.16.0.0 and the number of its push.
const firstOnline = 127<<24 | 16<<16

func (s *sink) listenDatagrams() (*datagramSink, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1); err != nil {
		return nil, fmt.Errorf("IP_PKTINFO: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20) // with less, a burst may be lost, which is seen
	if err := unix.Bind(fd, &unix.SockaddrInet4{}); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, fmt.Errorf("getsockname: %w", err)
	}
	in, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return nil, errors.New("getsockname: no IPv4 address")
	}
	d := &datagramSink{sink: s, fd: fd, port: in.Port}
	return d, s.loop.add(fd, d)
}

func (d *datagramSink) readable() {
	now := d.sink.loop.now()
	for {
		n, oob, _, _, err := unix.Recvmsg(d.fd, d.buffer[:], d.control[:], 0)
		if err != nil {
			return // nothing more has come
		}
		to, ok := destination(d.control[:oob])
		if !ok {
			d.sink.failure = errors.New("the kernel does not tell where a datagram went")
			return
		}
		putNumber(d.digits[:], int(to)-firstOnline)
		s := submit{destination: d.digits[:], content: d.buffer[:n], part: 1, parts: 1, port: wapPushPort}
		d.sink.book.arrived(&s, now)
	}
}

func (*datagramSink) writable() {}

// destination reads the address that a datagram came to from its control message (ip(7), struct in_pktinfo).
func destination(control []byte) (uint32, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0, false
	}
	for _, m := range messages {
		if m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= 12 {
			return binary.BigEndian.Uint32(m.Data[8:]), true
		}
	}
	return 0, false
}
