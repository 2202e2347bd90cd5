package metrics

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ppgbox/ppgbox/host/cause"
)

// causes makes labels of the classes of the causes that bearers give. Causes are text of plugins, so how many different ones there
// are is bounded. A push that is tried over two bearers has one, so a label that is known takes no lock and, mostly, no memory.
type causes struct {
	known atomic.Pointer[map[string]bool] // never changed, but replaced
	mu    sync.Mutex                      // held while it is replaced
}

const (
	maxCauses   = 100
	otherCause  = "other"
	absentCause = "none given"
)

// label gives the class of a cause.
func (c *causes) label(text string) string {
	class := cause.Class(text)
	if class == "" {
		return absentCause
	}
	if known := c.known.Load(); known != nil && (*known)[class] {
		return class
	}
	return c.add(class)
}

func (c *causes) add(class string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[string]bool{}
	if old := c.known.Load(); old != nil {
		switch {
		case (*old)[class]:
			return class
		case len(*old) >= maxCauses:
			return otherCause
		}
		known = maps.Clone(*old)
	}
	class = strings.Clone(class)
	known[class] = true
	c.known.Store(&known)
	return class
}
