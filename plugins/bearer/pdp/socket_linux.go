package pdp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernelComplains says that the kernel tells what became of datagrams: it queues errors on the socket that sent them.
const kernelComplains = true

const errNoNet = syscall.ENONET

// setOptions makes a socket that is not bound yet hear of errors, leave by its device, and send neither fragments nor broadcasts.
func setOptions(fd int, from origin) error {
	if from.device != "" {
		switch err := unix.BindToDevice(fd, from.device); {
		case errors.Is(err, unix.EPERM):
			return fmt.Errorf("sending from interface %s takes root or CAP_NET_RAW: %w", from.device, err)
		case errors.Is(err, unix.ENODEV):
			return fmt.Errorf("interface %s is not there: %w", from.device, err)
		case err != nil:
			return fmt.Errorf("interface %s: %w", from.device, err)
		}
	}
	// A push is for one terminal; package net allows broadcasts.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 0); err != nil {
		return os.NewSyscallError("setsockopt BROADCAST", err)
	}
	level, hear, discover, whole := unix.SOL_IPV6, unix.IPV6_RECVERR, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO
	if from.source.Addr().Is4() {
		level, hear, discover, whole = unix.SOL_IP, unix.IP_RECVERR, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO
	}
	if err := unix.SetsockoptInt(fd, level, hear, 1); err != nil {
		return os.NewSyscallError("setsockopt RECVERR", err)
	}
	return os.NewSyscallError("setsockopt MTU_DISCOVER", unix.SetsockoptInt(fd, level, discover, whole))
}

// readAtOnce reads what the kernel tells now. Then no error of another datagram waits for the next call (Linux,
// sock_dequeue_err_skb), unless it comes meanwhile or listen has just read some of them.
func readAtOnce(conn *net.UDPConn, hear func(complaint)) {
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
			readErrors(int(fd), make([]byte, quotedSize), make([]byte, controlSize), hear)
		})
	}
}

// Octets that an error quotes of its datagram and has of its own, as far as they are read.
const (
	quotedSize  = 2048
	controlSize = 512
)

// notPollable is how long is waited after the runtime's poller saw an error on a socket that can not be written to either: it takes
// that for a file that has no events (internal/poll, ErrNotPollable).
const notPollable = 10 * time.Millisecond

// listen reads what the kernel tells of a socket's datagrams, until the socket is closed. What terminals send is thrown away:
// nothing answers a connectionless push.
func listen(conn *net.UDPConn, hear func(complaint)) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	quoted, control := make([]byte, quotedSize), make([]byte, controlSize)
	for {
		err := raw.Read(func(fd uintptr) bool {
			for range 1000 {
				readErrors(int(fd), quoted, control, hear)
				// An error that is read here was queued, too.
				if _, _, err := unix.Recvfrom(int(fd), quoted, unix.MSG_DONTWAIT); errors.Is(err, unix.EAGAIN) {
					return false // wait for the next
				}
			}
			return true
		})
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(notPollable)
		}
	}
}

// readErrors empties the error queue of a socket.
func readErrors(fd int, quoted, control []byte, hear func(complaint)) {
	for {
		n, oobn, _, from, err := unix.Recvmsg(fd, quoted, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		if c, ok := parseComplaint(quoted[:n], control[:oobn], from); ok {
			hear(c)
		}
	}
}

// parseComplaint reads a message of the error queue: as data what the error quotes behind the UDP header, as address where the
// datagram went, as control message a struct sock_extended_err and the address of who complains (Linux, ip(7), ipv6(7)). Errors
// that the machine itself has at sending were the answer to that call.
func parseComplaint(quoted, control []byte, from unix.Sockaddr) (complaint, bool) {
	c := complaint{quoted: quoted}
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		c.to = netip.AddrPortFrom(netip.AddrFrom4(from.Addr), uint16(from.Port))
	case *unix.SockaddrInet6:
		c.to = netip.AddrPortFrom(netip.AddrFrom16(from.Addr), uint16(from.Port))
	default:
		return c, false
	}
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return c, false
	}
	for _, m := range messages {
		isError := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR ||
			m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if !isError || len(m.Data) < extendedErr {
			continue
		}
		origin, kind, code := m.Data[4], m.Data[5], m.Data[6]
		if origin != unix.SO_EE_ORIGIN_ICMP && origin != unix.SO_EE_ORIGIN_ICMP6 {
			return c, false
		}
		errno := syscall.Errno(binary.NativeEndian.Uint32(m.Data))
		c.errno = errno
		c.cause = fmt.Sprintf("ICMP type %d code %d (%s)", kind, code, errno)
		if c.from = offender(m.Data[extendedErr:]); c.from.IsValid() {
			c.cause += " from " + c.from.String()
		}
		if info := binary.NativeEndian.Uint32(m.Data[8:]); errno == syscall.EMSGSIZE {
			c.cause += fmt.Sprintf(", the path takes packets of %d octets", info)
		}
		return c, true
	}
	return c, false
}

// extendedErr is the length of a struct sock_extended_err.
const extendedErr = 16

// offender is the address in a struct sockaddr_in or sockaddr_in6, the zero address if there is none.
func offender(sockaddr []byte) netip.Addr {
	if len(sockaddr) < 8 {
		return netip.Addr{}
	}
	switch binary.NativeEndian.Uint16(sockaddr) {
	case unix.AF_INET:
		return netip.AddrFrom4([4]byte(sockaddr[4:8]))
	case unix.AF_INET6:
		if len(sockaddr) >= 24 {
			return netip.AddrFrom16([16]byte(sockaddr[8:24]))
		}
	}
	return netip.Addr{}
}
