//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A loop waits for sockets and serves those that are ready, the generator's and the sink's, on one thread. With a goroutine for
// each connection the wake-ups alone would cost what a push may cost here.
type loop struct {
	epoll   int
	events  []unix.EpollEvent
	sources []source // by file descriptor, nil for those that are not the loop's
	start   time.Time
}

// A source is what a file descriptor belongs to.
type source interface {
	readable()
	writable()
}

func newLoop() (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &loop{epoll: fd, events: make([]unix.EpollEvent, 128), start: time.Now()}, nil
}

// now returns the time since the loop was made, in nanoseconds of the monotonic clock.
func (l *loop) now() int64 { return int64(time.Since(l.start)) }

func (l *loop) add(fd int, s source) error {
	for len(l.sources) <= fd {
		l.sources = append(l.sources, nil)
	}
	l.sources[fd] = s
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// watchWrites says whether the loop is to tell when fd can be written to.
func (l *loop) watchWrites(fd int, on bool) {
	events := uint32(unix.EPOLLIN)
	if on {
		events |= unix.EPOLLOUT
	}
	_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)}) // fails only for an fd that is gone
}

func (l *loop) remove(fd int) {
	l.sources[fd] = nil
	_ = unix.Close(fd) // takes it out of the epoll set as well
}

const longestWait = 100 * time.Millisecond

// turn waits for events, at most as long as given and as longestWait, and serves them.
func (l *loop) turn(wait time.Duration) error {
	// Without the runtime's knowledge: told of a system call that blocks, it wakes another thread to take over, at a quarter
	// of what the whole loop costs. A collection of garbage waits for this call, so waits are short.
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)),
		uintptr(min(wait, longestWait).Milliseconds()), 0, 0)
	switch errno {
	case 0:
	case unix.EINTR:
		n = 0
	default:
		return fmt.Errorf("epoll: %w", errno)
	}
	for _, e := range l.events[:n] {
		s := l.sources[e.Fd]
		if s == nil {
			continue // closed by an event before this one
		}
		if e.Events&unix.EPOLLOUT != 0 {
			s.writable()
		}
		if e.Events&^unix.EPOLLOUT != 0 {
			s.readable()
		}
	}
	return nil
}

// runFor serves for so long.
func (l *loop) runFor(d time.Duration) error {
	for end := time.Now().Add(d); ; {
		left := time.Until(end)
		if left <= 0 {
			return nil
		}
		if err := l.turn(left + time.Millisecond); err != nil {
			return err
		}
	}
}

// runUntil serves until done returns true.
func (l *loop) runUntil(timeout time.Duration, what string, done func() bool) error {
	for end := time.Now().Add(timeout); !done(); {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %s", timeout, what)
		}
		if err := l.turn(20 * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) close() {
	for fd, s := range l.sources {
		if s != nil {
			l.remove(fd)
		}
	}
	_ = unix.Close(l.epoll)
}

// A listener accepts TCP connections on 127.0.0.1.
type listener struct {
	loop    *loop
	fd      int
	address string
	accept  func(*socket) peer
}

// listen opens a listener on a free port. accept makes what serves a connection.
func (l *loop) listen(accept func(*socket) peer) (*listener, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	if err := unix.Listen(fd, 1024); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, fmt.Errorf("getsockname: %w", err)
	}
	in, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return nil, errors.New("getsockname: no IPv4 address")
	}
	ln := &listener{loop: l, fd: fd, address: fmt.Sprintf("127.0.0.1:%d", in.Port), accept: accept}
	return ln, l.add(fd, ln)
}

func (ln *listener) readable() {
	fd, _, err := unix.Accept4(ln.fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
	if err != nil {
		return // the peer has gone again
	}
	s := newSocket(ln.loop, fd)
	s.peer = ln.accept(s)
	if ln.loop.add(fd, s) != nil {
		s.close()
	}
}

func (*listener) writable() {}

// dial opens a connection. It waits for it: the generator opens its connections before the clock starts.
func (l *loop) dial(address string, p peer) (*socket, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dialling: %w", err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	s := newSocket(l, fd)
	s.peer = p
	return s, l.add(fd, s)
}
