package ggsn

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// messages is a batchConn that writes down how many packets are in each message.
type messages struct {
	refuse func(packets int) error
	sizes  []int
}

func (m *messages) WriteBatch(ms []ipv4.Message, _ int) (int, error) {
	for i := range ms {
		n := len(ms[i].Buffers)
		if m.refuse != nil {
			if err := m.refuse(n); err != nil {
				return i, err
			}
		}
		if (n > 1) != (len(ms[i].OOB) > 0) {
			return i, fmt.Errorf("%d packets, and a control message of %d octets", n, len(ms[i].OOB))
		}
		m.sizes = append(m.sizes, n)
	}
	return len(ms), nil
}

// A box is an outbox of a GGSN with a context.
type box struct {
	*outbox
	way contexts.Way
}

func boxOf(t *testing.T, conn batchConn) *box {
	t.Helper()
	g, p := serve(t)
	p.up(p.create(imsi1))
	way, ok := g.table.WayTo(imsi1, "", netip.Addr{})
	if !ok {
		t.Fatal("there is no context")
	}
	o := newOutbox(g, g.userPlaneSocket)
	if conn != nil {
		o.conn = conn
	}
	return &box{o, way}
}

// put hands over a push of so many octets to an SGSN.
func (o *box) put(sgsn netip.Addr, octets int, then func(error)) bool {
	d := packet.Datagram{
		Source: netip.MustParseAddrPort("10.46.255.1:9200"), Destination: netip.MustParseAddrPort("10.46.0.1:2948"),
		Payload: bytes.Repeat([]byte{byte(octets)}, octets),
	}
	way := o.way
	way.User, way.TEID = sgsn, gtp.TEID(octets)
	return o.add(way, d, then)
}

// Packets of one length to one SGSN go as one message, with a shorter one at its end.
func TestBundles(t *testing.T) {
	if !kernelParts {
		t.Skip("the kernel of this system parts nothing")
	}
	a, b := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	tests := []struct {
		name  string
		sgsns []netip.Addr
		sizes []int
		want  []int
	}{
		{"one", []netip.Addr{a}, []int{100}, []int{1}},
		{"the same length", []netip.Addr{a}, []int{100, 100, 100}, []int{3}},
		{"a shorter one ends it", []netip.Addr{a}, []int{90, 100, 80, 100}, []int{3, 1}},
		{"all different", []netip.Addr{a}, []int{1, 2, 3, 4}, []int{2, 2}},
		{"two SGSNs", []netip.Addr{a, b}, []int{100, 100, 100, 100}, []int{2, 2}},
		{"as many as the kernel takes", []netip.Addr{a}, slices.Repeat([]int{50}, mostInBundle+1), []int{mostInBundle, 1}},
		{"too long for one packet of the network", []netip.Addr{a}, []int{1400, 1400}, []int{1, 1}},
		{"as much as an IP packet holds", []netip.Addr{a}, slices.Repeat([]int{1300}, 50), []int{44, 6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seen := &messages{}
			o := boxOf(t, seen)
			done := 0
			for i, octets := range tt.sizes {
				o.put(tt.sgsns[i%len(tt.sgsns)], octets, func(err error) {
					if err != nil {
						t.Error(err)
					}
					done++
				})
			}
			o.flush()
			if !slices.Equal(seen.sizes, tt.want) || done != len(tt.sizes) {
				t.Errorf("messages of %v packets, want %v; %d of %d sent", seen.sizes, tt.want, done, len(tt.sizes))
			}
		})
	}
}

// A kernel or a network card that takes no bundles gets each packet by itself, and an error is that of one packet.
func TestBundlesThatAreRefused(t *testing.T) {
	if !kernelParts {
		t.Skip("the kernel of this system parts nothing")
	}
	seen := &messages{refuse: func(n int) error {
		if n > 1 {
			return syscall.EIO
		}
		return nil
	}}
	o := boxOf(t, seen)
	done := 0
	then := func(err error) {
		if err != nil {
			t.Error(err)
		}
		done++
	}
	sgsn := netip.MustParseAddr("127.0.0.1")
	for range 2 {
		for range 3 {
			o.put(sgsn, 100, then)
		}
		o.flush()
	}
	if want := slices.Repeat([]int{1}, 6); !slices.Equal(seen.sizes, want) || done != 6 {
		t.Errorf("messages of %v packets, want %v; %d sent", seen.sizes, want, done)
	}
	full := errors.New("no room")
	seen.refuse = func(int) error { seen.refuse = nil; return full }
	var errs []error
	for range 3 {
		o.put(sgsn, 100, func(err error) { errs = append(errs, err) })
	}
	o.flush()
	if len(errs) != 3 || !errors.Is(errs[0], full) || errs[1] != nil || errs[2] != nil {
		t.Errorf("the errors of three packets are %v", errs)
	}
}

// The kernel parts a bundle into the datagrams that were put into it.
func TestBundleOnTheWire(t *testing.T) {
	o := boxOf(t, nil)
	sgsn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer sgsn.Close()
	for i := range o.to {
		o.to[i].Port = port(sgsn)
	}
	want := map[string]int{}
	for i := range 100 {
		octets := 200 + i%7*50
		o.put(netip.MustParseAddr("127.0.0.1"), octets, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
		want[string(bytes.Repeat([]byte{byte(octets)}, octets))]++
	}
	o.flush()
	b := make([]byte, 1<<16)
	_ = sgsn.SetReadDeadline(time.Now().Add(patience))
	for range 100 {
		n, err := sgsn.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		const headers = headerGPDU + 20 + 8 // IPv4, UDP
		p, err := gtp.Parse(b[:n])
		if err != nil || n < headers {
			t.Fatalf("%d octets: %v", n, err)
		}
		want[string(b[headers:n])]--
		if int(p.Header.TEID) != n-headers {
			t.Errorf("tunnel %d has a push of %d octets", p.Header.TEID, n-headers)
		}
	}
	for payload, left := range want {
		if left != 0 {
			t.Errorf("pushes of %d octets: %d too few", len(payload), left)
		}
	}
}

// Many hand over and flush at once, and all is sent.
func TestOutboxOfMany(t *testing.T) {
	o := boxOf(t, &messages{})
	var done, handed sync.WaitGroup
	for range 8 {
		handed.Go(func() {
			for i := range 500 {
				done.Add(1)
				if !o.put(netip.MustParseAddr("127.0.0.1"), 50+i%3, func(error) { done.Done() }) {
					t.Error("it is not taken")
				}
				if i%10 == 9 {
					o.flush()
				}
			}
		})
	}
	handed.Wait()
	o.close()
	done.Wait() // nothing is left once close has returned
	if o.put(netip.MustParseAddr("127.0.0.1"), 1, nil) {
		t.Error("a closed outbox takes a packet")
	}
}
