package hlr

import (
	"encoding/hex"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// gsn is a double of the GSN that converts between GTP and MAP: an answer function gets each datagram with its number, from 1 on.
type gsn struct {
	*net.UDPConn
	mu    sync.Mutex
	asked []gtp.Packet
}

func newGSN(t *testing.T, answer func(g *gsn, n int, asked gtp.Packet, from netip.AddrPort)) *gsn {
	t.Helper()
	g := &gsn{UDPConn: listenUDP(t)}
	served := make(chan struct{})
	t.Cleanup(func() { _ = g.Close(); <-served })
	go func() {
		defer close(served)
		b := make([]byte, 2048)
		for {
			n, from, err := g.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			p, err := gtp.Parse(slices.Clone(b[:n]))
			if err != nil {
				t.Errorf("%x: %v", b[:n], err)
				continue
			}
			g.mu.Lock()
			g.asked = append(g.asked, p)
			n = len(g.asked)
			g.mu.Unlock()
			answer(g, n, p, from)
		}
	}()
	return g
}

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (g *gsn) questions() []gtp.Packet {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.asked)
}

func (g *gsn) at() netip.AddrPort { return g.LocalAddr().(*net.UDPAddr).AddrPort() }

// say sends octets as they are, for %s the question's sequence number.
func (g *gsn) say(to netip.AddrPort, asked gtp.Packet, text string) {
	say(g.UDPConn, to, asked.Header.Sequence, text)
}

func say(from *net.UDPConn, to netip.AddrPort, sequence uint16, text string) {
	text = strings.ReplaceAll(text, "SEQ", hex.EncodeToString([]byte{byte(sequence >> 8), byte(sequence)}))
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	_, _ = from.WriteToUDPAddrPort(b, to)
}

func newGTP(t *testing.T, config GTPConfig) *GTP {
	t.Helper()
	g, err := NewGTP(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

const gtpIMSI push.IMSI = "001010123456789"

// The octets of the two answers that a dissector of others has read (see the vectors of sdk/gtp).
const (
	answerSGSN   = "3221001600000000 SEQ0000 0180 0200010121436587f9 850004c0000214"
	answerReason = "3221001100000000 SEQ0000 0180 0200010121436587f9 1d06"
)
