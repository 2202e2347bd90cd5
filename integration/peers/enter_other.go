//go:build !linux

package peers

import "testing"

// Within is for Linux, which has the namespaces.
func (n *Namespace) Within(t testing.TB, open func() error) {
	t.Helper()
	Need(t, Namespaces)
}
