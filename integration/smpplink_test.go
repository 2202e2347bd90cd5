package integration

import (
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
)

// Garbage on the SMPP link: the first connections to the SMSC answer with octets that are no SMPP, then a real SMSC is there.
// The gateway connects again and delivers what it had accepted.
func TestGarbageOnSMPPLink(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	garbage := [][]byte{
		[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
		{0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1}, // a PDU of 4 GiB
		{0, 0, 0, 1, 0x80, 0, 0, 9},                                     // one of 1 octet
		random(64 << 10),
	}
	front, connections := garble(t, smsc.Address, garbage)
	notifications := initiator.Listen(t)
	gateway := newBox(t, front)
	gateway.Start(t)

	push := initiator.Push{
		ID: "garbage@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+46702123456")},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, siText),
	}
	accept(t, gateway.Client(), push)
	if n := notifications.Await(t, push.ID, 60*time.Second); n.State != "delivered" {
		t.Errorf("result notification %+v, want delivered", n)
	}
	if got := connections.Load(); got <= int64(len(garbage)) {
		t.Errorf("%d connections, want more than the %d with garbage", got, len(garbage))
	}
	gateway.Stop(t)
}

// garble listens in front of an SMSC: the first connections get garbage for an answer, the others pass.
func garble(t *testing.T, smsc string, garbage [][]byte) (address string, connections *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	connections = &atomic.Int64{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if n := int(connections.Add(1)); n <= len(garbage) {
				go func() {
					defer conn.Close()
					_, _ = conn.Read(make([]byte, 1024)) // the bind
					_, _ = conn.Write(garbage[n-1])
					_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
					_, _ = io.Copy(io.Discard, conn)
				}()
				continue
			}
			go func() {
				defer conn.Close()
				behind, err := net.Dial("tcp", smsc)
				if err != nil {
					return
				}
				defer behind.Close()
				go func() { _, _ = io.Copy(behind, conn); behind.Close() }()
				_, _ = io.Copy(conn, behind)
			}()
		}
	}()
	return listener.Addr().String(), connections
}

func random(n int) []byte {
	source := rand.NewChaCha8([32]byte{17})
	b := make([]byte, n)
	_, _ = source.Read(b)
	return b
}
