package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// FreeAddress returns a TCP address on 127.0.0.1 that nobody listens on. Its port is below those that the kernel gives to
// connections (from 32768 on), so that none of them takes it before the program listens, or while it is started again.
func FreeAddress(t testing.TB) string {
	t.Helper()
	const lowest, highest = 10_000, 32_000
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))); err == nil {
			defer l.Close()
			return l.Addr().String()
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
