package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Within calls open on a thread that is in the namespace. Sockets that it makes stay there, whoever uses them; goroutines that it starts
// are outside.
func (n *Namespace) Within(t testing.TB, open func() error) {
	t.Helper()
	enter := func() error { return nil }
	leave := enter
	if n.name != "" {
		own, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		defer own.Close()
		other, err := os.Open(filepath.Join("/var/run/netns", n.name))
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		enter = func() error { return unix.Setns(int(other.Fd()), unix.CLONE_NEWNET) }
		leave = func() error { return unix.Setns(int(own.Fd()), unix.CLONE_NEWNET) }
	}
	// The thread goes back: programs that it started before would end with it (process.Start).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := enter(); err != nil {
		t.Fatalf("entering the namespace %q: %v", n.name, err)
	}
	err := open()
	if err := leave(); err != nil {
		panic(fmt.Sprintf("leaving the namespace %q: %v", n.name, err)) // nothing more would be where it belongs
	}
	if err != nil {
		t.Fatalf("in the namespace %q: %v", n.name, err)
	}
}
