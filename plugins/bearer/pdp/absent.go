package pdp

import (
	"slices"
	"sync"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An absentee is a terminal that a push node could not reach, and what its push was addressed to.
type absentee struct {
	identity
	address push.Address
}

// absent remembers terminals that could not be reached, because the network names one that is back by its IMSI alone (3GPP TS 29.060
// §7.5.14), and the gateway knows what waits for it by the address of the push. Those of long ago are forgotten.
type absent struct {
	mu          sync.Mutex
	now, before map[string][]absentee // by "+" and number and by IMSI
}

// Limits of what is remembered.
const (
	maxAbsent    = 25_000 // in each of the two generations
	maxAbsentees = 8      // addresses of one terminal
)

func (i identity) keys() []string {
	var keys []string
	if i.imsi != "" {
		keys = append(keys, string(i.imsi))
	}
	if i.msisdn != "" {
		keys = append(keys, "+"+string(i.msisdn))
	}
	return keys
}

func (m *absent) add(a absentee) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range a.keys() {
		list := m.now[key]
		if slices.Contains(list, a) || len(list) >= maxAbsentees {
			continue
		}
		if len(m.now) >= maxAbsent {
			m.before, m.now = m.now, nil
		}
		if m.now == nil {
			m.now = make(map[string][]absentee)
		}
		m.now[key] = append(list, a)
	}
}

// take returns what is remembered of a terminal, and forgets it.
func (m *absent) take(who identity) (list []absentee) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for keys := who.keys(); len(keys) > 0; keys = keys[1:] {
		for _, generation := range []map[string][]absentee{m.now, m.before} {
			for _, a := range generation[keys[0]] {
				if !slices.Contains(list, a) {
					list = append(list, a)
				}
			}
			delete(generation, keys[0])
		}
	}
	return list
}
