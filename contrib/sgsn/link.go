package sgsn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A Link is what the network between two nodes does to their datagrams. The zero value is a perfect one.
type Link struct {
	// OneWay is how long a datagram takes, in either direction: an exchange takes twice that.
	OneWay time.Duration
	// LoseSent and LoseReceived have every n-th datagram lost: 3 is each third one, 1 all of them, 0 none.
	LoseSent, LoseReceived int
}

// longestDatagram is more than anything that is sent here.
const longestDatagram = 1 << 16

// underWay bounds the datagrams that a link holds in one direction. What comes beyond that waits in the socket, and is lost there.
const underWay = 1 << 16

// A socket is a UDP socket behind a link. It is a gtp.Conn.
type socket struct {
	*net.UDPConn
	link           Link
	sent, received atomic.Int64
	out, in        chan datagram
	closing        chan struct{}
	closed         sync.Once
	running        sync.WaitGroup
}

type datagram struct {
	octets []byte
	peer   netip.AddrPort
	due    time.Time
}

// listen opens a socket. Port 0 is any that is free.
func listen(at netip.AddrPort, link Link) (*socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	// As much as the kernel gives: a burst of activations is not to be lost in a buffer of ours.
	_ = conn.SetReadBuffer(4 << 20)
	_ = conn.SetWriteBuffer(4 << 20)
	s := &socket{UDPConn: conn, link: link, closing: make(chan struct{})}
	if link.OneWay > 0 {
		s.out, s.in = make(chan datagram, underWay), make(chan datagram, underWay)
		s.running.Go(s.deliver)
		s.running.Go(s.collect)
	}
	return s, nil
}

// at returns where the socket is.
func (s *socket) at() netip.AddrPort {
	at := s.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// nth reports whether this is one of every n.
func nth(counter *atomic.Int64, n int) bool { return n > 0 && counter.Add(1)%int64(n) == 0 }

// WriteToUDPAddrPort is part of gtp.Conn.
func (s *socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if nth(&s.sent, s.link.LoseSent) {
		return len(b), nil
	}
	if s.link.OneWay == 0 {
		return s.UDPConn.WriteToUDPAddrPort(b, to)
	}
	select {
	case s.out <- datagram{append([]byte(nil), b...), to, time.Now().Add(s.link.OneWay)}:
	default: // lost, as in any queue that is full
	}
	return len(b), nil
}

// ReadFromUDPAddrPort is part of gtp.Conn.
func (s *socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := s.next(b)
		if err != nil || !nth(&s.received, s.link.LoseReceived) {
			return n, from, err
		}
	}
}

// next returns what comes out of the link.
func (s *socket) next(b []byte) (int, netip.AddrPort, error) {
	if s.link.OneWay == 0 {
		return s.UDPConn.ReadFromUDPAddrPort(b)
	}
	d, ok := <-s.in
	if !ok {
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	return copy(b, d.octets), d.peer, nil
}

// deliver sends what is due. All of it takes equally long, so that the order is that of the queue.
func (s *socket) deliver() {
	for {
		select {
		case d := <-s.out:
			if !s.waitUntil(d.due) {
				return
			}
			_, _ = s.UDPConn.WriteToUDPAddrPort(d.octets, d.peer)
		case <-s.closing:
			return
		}
	}
}

// collect takes what arrives into the link, and a second goroutine out of it when it is due.
func (s *socket) collect() {
	arrived := make(chan datagram, underWay)
	s.running.Go(func() {
		defer close(s.in)
		for d := range arrived {
			if !s.waitUntil(d.due) {
				return
			}
			select {
			case s.in <- d:
			case <-s.closing:
				return
			}
		}
	})
	defer close(arrived)
	b := make([]byte, longestDatagram)
	for {
		n, from, err := s.UDPConn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		select {
		case arrived <- datagram{append([]byte(nil), b[:n]...), from, time.Now().Add(s.link.OneWay)}:
		default:
		}
	}
}

// waitUntil returns false when the socket is closed before.
func (s *socket) waitUntil(due time.Time) bool {
	left := time.Until(due)
	if left <= 0 {
		return true
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
		return false
	}
}

// Close is part of gtp.Conn.
func (s *socket) Close() (err error) {
	s.closed.Do(func() {
		close(s.closing)
		err = s.UDPConn.Close()
		s.running.Wait()
	})
	return err
}
