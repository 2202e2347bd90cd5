package radius

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// benchRequests are Starts of as many sessions, each of its own terminal, as a GGSN tells of them.
func benchRequests(b *testing.B, n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		digits := string(binary.BigEndian.AppendUint32(nil, uint32(0x0a000000+i)))
		list[i] = request(b, byte(i), secret, isStart, nas, raw(rfc2865.FramedIPAddress_Type, digits), called, calling, imsi, sessionID(digits),
			vendor("\x02", "abcd"), vendor("\x06", "abcd"), vendor("\x07", "\xc0\x00\x02\x0a"), vendor("\x08", "00101"), vendor("\x0a", "5"), vendor("\x14", "3534900698733153"))
	}
	return list
}

// What a message costs without the socket and the directory.
func BenchmarkMessage(b *testing.B) {
	s, err := New(Options{Clients: []Client{{Sources: local, Secret: secret}}, Directory: done{}, Clock: clock.System(), Log: hclog.NewNullLogger()})
	if err != nil {
		b.Fatal(err)
	}
	from := netip.MustParseAddrPort("127.0.0.1:1646")
	requests := benchRequests(b, 100_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		from = netip.AddrPortFrom(from.Addr(), uint16(i/len(requests)))
		if why := s.receive(requests[i%len(requests)], from, nil); why != taken {
			b.Fatal(why)
		}
		s.handle(<-s.work)
		x := <-s.answers
		s.exchanges.answered(x, makeAnswer(x.request))
	}
}

// done is a directory that has everything on disk at once.
type done struct{ Directory }

func (done) SessionStart(_ store.Session, _ time.Time, f func(error)) { f(nil) }

// Messages over the loopback interface with at most 256 on their way, and at 5,000 a second; the CPU time is that of both sides.
func BenchmarkAccounting(b *testing.B) {
	for _, tt := range []struct {
		name string
		rate int
	}{{"all", 0}, {"5000", 5000}} {
		b.Run(tt.name, func(b *testing.B) {
			s, err := New(Options{Clients: []Client{{Sources: local, Secret: secret}}, Directory: done{}, Clock: clock.System(), Log: hclog.NewNullLogger()})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Listen("127.0.0.1:0"); err != nil {
				b.Fatal(err)
			}
			go func() { _ = s.Serve() }()
			defer s.Close(context.Background())
			requests := benchRequests(b, 200_000)
			b.ResetTimer()
			before, began := cpu(), time.Now()
			unanswered := drive(b, s.Addr(), requests, tt.rate)
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "messages/s")
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/op")
			b.ReportMetric(float64(unanswered), "unanswered")
		})
	}
}

// drive sends b.N messages, each once, and returns how many were not answered.
func drive(b *testing.B, address string, requests [][]byte, rate int) int {
	conn, err := net.Dial("udp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.UDPConn).SetReadBuffer(receiveBuffer)
	room := make(chan struct{}, 256)
	got := make(chan int)
	go func() {
		n := 0
		for buffer := make([]byte, radius.MaxPacketLength); n < b.N; n++ {
			_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := conn.Read(buffer); err != nil {
				break
			}
			if rate == 0 {
				<-room
			}
		}
		got <- n
	}()
	began := time.Now()
	for i := range b.N {
		if rate == 0 {
			room <- struct{}{}
		} else if ahead := time.Duration(i)*time.Second/time.Duration(rate) - time.Since(began); ahead > time.Millisecond {
			time.Sleep(ahead)
		}
		if _, err := conn.Write(requests[i%len(requests)]); err != nil {
			b.Fatal(err)
		}
	}
	return b.N - <-got
}

// cpu is the time that the process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
