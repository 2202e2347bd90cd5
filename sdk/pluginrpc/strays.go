package pluginrpc

import "github.com/hashicorp/go-hclog"

// strays counts what a plugin sent against the contract and logs it twice a stream at most: the first one, and how many at
// the end. It is used under the stream's lock.
type strays struct {
	log    hclog.Logger
	counts map[string]int
}

func (s *strays) add(what string, id any) {
	if s.counts == nil {
		s.counts = map[string]int{}
	}
	s.counts[what]++
	if s.counts[what] == 1 {
		s.log.Warn("plugin sent what nobody asked for; further ones are only counted", "what", what, "id", id)
	}
}

func (s *strays) flush() {
	for what, n := range s.counts {
		if n > 1 {
			s.log.Warn("plugin sent what nobody asked for, in all", "what", what, "count", n)
		}
	}
}
