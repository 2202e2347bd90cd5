package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// FreeAddress returns a TCP address on 127.0.0.1 that nobody listens on, and that nobody else is given until the test ends: the
// UDP port of the same number is held as a sign. The port is below those that the kernel gives to connections (from 32768 on), so
// that none of them takes it before the program listens, or while it is started again.
func FreeAddress(t testing.TB) string {
	t.Helper()
	const lowest, highest, tries = 10_000, 32_000, 100
	var err error
	for range tries {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		var sign net.PacketConn
		if sign, err = net.ListenPacket("udp", address); err != nil {
			continue
		}
		t.Cleanup(func() { sign.Close() })
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal(err)
	return ""
}

// Eventually polls until done returns true, and fails the test after the timeout.
func Eventually(t testing.TB, timeout time.Duration, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", timeout, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
