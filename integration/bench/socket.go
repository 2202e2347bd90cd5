//go:build linux

package main

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// A peer is what talks over a socket.
type peer interface {
	// received takes octets that came and returns how many it used; those left come again with more behind them. What it is
	// given is valid during the call only.
	received(data []byte) int
	// closed says that the connection is gone, for a reason that is not the peer's own.
	closed(err error)
}

// A socket is a TCP connection in a loop. It is not safe for use by several goroutines.
type socket struct {
	loop *loop
	fd   int // -1 when closed
	peer peer
	in   []byte // what came and was not used yet, in the whole of a buffer
	n    int
	out  []byte // what the kernel has not taken yet
}

// maxIn is what a peer may leave unused, in octets; one that speaks a protocol of ours never comes near.
const maxIn = 1 << 20

func newSocket(l *loop, fd int) *socket {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // without it, it is only slower
	return &socket{loop: l, fd: fd, in: make([]byte, 16<<10)}
}

func (s *socket) readable() {
	if s.n == len(s.in) {
		if len(s.in) >= maxIn {
			s.fail(errors.New("the peer sends what is no message"))
			return
		}
		s.in = append(s.in, make([]byte, len(s.in))...)
	}
	n, err := unix.Read(s.fd, s.in[s.n:])
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
		return
	case err != nil:
		s.fail(err)
		return
	case n == 0:
		s.fail(io.EOF)
		return
	}
	s.n += n
	used := s.peer.received(s.in[:s.n])
	s.n = copy(s.in, s.in[used:s.n])
}

// write sends b, or keeps what the kernel does not take and sends it later.
func (s *socket) write(b []byte) {
	if s.fd < 0 {
		return
	}
	if len(s.out) > 0 {
		s.out = append(s.out, b...)
		return
	}
	n, err := unix.Write(s.fd, b)
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		s.fail(err)
		return
	}
	if n = max(n, 0); n < len(b) {
		s.out = append(s.out, b[n:]...)
		s.loop.watchWrites(s.fd, true)
	}
}

func (s *socket) writable() {
	b := s.out
	s.out = nil
	s.loop.watchWrites(s.fd, false)
	s.write(b)
}

func (s *socket) fail(err error) {
	if s.fd >= 0 {
		s.close()
		s.peer.closed(err)
	}
}

func (s *socket) close() {
	if s.fd >= 0 {
		s.loop.remove(s.fd)
		s.fd = -1
	}
}
