package hlr

import (
	"container/list"
	"time"
)

// A cache remembers a bounded number of answers, and finds those of a subscriber by each of the names in the question.
type cache struct {
	most    int
	entries map[Question]*entry
	byName  map[string]map[*entry]bool
	recent  *list.List // of *entry, the one used last in front
}

type entry struct {
	question Question
	location Location
	err      error
	until    time.Time
	place    *list.Element
}

func newCache(most int) *cache {
	return &cache{most: most, entries: map[Question]*entry{}, byName: map[string]map[*entry]bool{}, recent: list.New()}
}

// names are the keys that an answer can be taken back by.
func (q Question) names() []string {
	var names []string
	for _, n := range [...]struct{ kind, value string }{
		{"imsi:", string(q.IMSI)}, {"msisdn:", string(q.MSISDN)}, {"public:", q.PublicIdentity},
	} {
		if n.value != "" {
			names = append(names, n.kind+n.value)
		}
	}
	return names
}

// get returns what is remembered and still holds, or nil.
func (c *cache) get(q Question, now time.Time) *entry {
	e := c.entries[q]
	if e == nil {
		return nil
	}
	if !now.Before(e.until) {
		c.drop(e)
		return nil
	}
	c.recent.MoveToFront(e.place)
	return e
}

func (c *cache) put(q Question, location Location, err error, until time.Time) {
	if old := c.entries[q]; old != nil {
		c.drop(old)
	}
	e := &entry{question: q, location: location, err: err, until: until}
	e.place = c.recent.PushFront(e)
	c.entries[q] = e
	for _, name := range q.names() {
		if c.byName[name] == nil {
			c.byName[name] = map[*entry]bool{}
		}
		c.byName[name][e] = true
	}
	if len(c.entries) > c.most {
		c.drop(c.recent.Back().Value.(*entry))
	}
}

// remove drops all answers of a subscriber.
func (c *cache) remove(q Question) {
	for _, name := range q.names() {
		for e := range c.byName[name] {
			c.drop(e)
		}
	}
}

func (c *cache) drop(e *entry) {
	delete(c.entries, e.question)
	c.recent.Remove(e.place)
	for _, name := range e.question.names() {
		delete(c.byName[name], e)
		if len(c.byName[name]) == 0 {
			delete(c.byName, name)
		}
	}
}
