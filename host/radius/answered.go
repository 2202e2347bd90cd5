package radius

import (
	"hash/maphash"
	"time"
)

// What is remembered of requests that are answered. A sender has given up, or made a new request of it, long before; and what comes
// again later does nothing new in the directory.
const (
	rememberedFor = 20 * time.Second
	remembered    = 1 << 16
	pageRecords   = 1 << 10
)

// answeredBook is by what a repeat is answered without its being handled again. It is a book whose oldest page is torn out when all on
// it are older than they have to be. There is no pointer in a page, so that tens of thousands of them are nothing to the collector.
type answeredBook struct {
	seed  maphash.Seed
	byKey map[answeredKey]uint64 // number of the page times pageRecords, plus the place on it
	pages []*answeredPage        // the last one is being written
	first uint64                 // number of pages[0]
}

type answeredPage struct {
	records []answeredRecord
	octets  []byte // the answer of each, and behind it what sends it from where it was asked
}

type answeredRecord struct {
	key         answeredKey
	until       time.Duration
	answer, end uint32 // where they end in the octets
}

// answeredKey is an exchangeKey without a pointer in it.
type answeredKey struct {
	address       [16]byte
	zone          uint64 // hash of its name, 0 for none
	authenticator [16]byte
	port          uint16
	identifier    byte
}

func newAnsweredBook() answeredBook {
	return answeredBook{seed: maphash.MakeSeed(), byKey: map[answeredKey]uint64{}}
}

func (b *answeredBook) key(k exchangeKey) answeredKey {
	a := answeredKey{address: k.from.Addr().As16(), authenticator: k.authenticator, port: k.from.Port(), identifier: k.identifier}
	if zone := k.from.Addr().Zone(); zone != "" {
		a.zone = maphash.String(b.seed, zone)
	}
	return a
}

// find returns an exchange that can be answered again, nil if there is none.
func (b *answeredBook) find(k exchangeKey) *exchange {
	at, ok := b.byKey[b.key(k)]
	if !ok {
		return nil
	}
	page, i := b.pages[at/pageRecords-b.first], at%pageRecords
	begin := uint32(0)
	if i > 0 {
		begin = page.records[i-1].end
	}
	r := &page.records[i]
	return &exchange{key: k, state: answered, answer: page.octets[begin:r.answer:r.answer], control: page.octets[r.answer:r.end:r.end]}
}

// add writes an exchange that was answered.
func (b *answeredBook) add(x *exchange) {
	last := len(b.pages) - 1
	if last < 0 || len(b.pages[last].records) == pageRecords {
		b.pages = append(b.pages, &answeredPage{records: make([]answeredRecord, 0, pageRecords)})
		last++
	}
	page, k := b.pages[last], b.key(x.key)
	b.byKey[k] = (b.first+uint64(last))*pageRecords + uint64(len(page.records))
	page.octets = append(page.octets, x.answer...)
	answer := len(page.octets)
	page.octets = append(page.octets, x.control...)
	page.records = append(page.records, answeredRecord{key: k, until: x.until, answer: uint32(answer), end: uint32(len(page.octets))})
}

// forget tears out the oldest page if nothing on it is worth keeping, or if there are too many.
func (b *answeredBook) forget(now time.Duration) {
	if len(b.pages) == 0 {
		return
	}
	page := b.pages[0]
	full := len(page.records) == pageRecords
	if !full || page.records[pageRecords-1].until > now && len(b.byKey) <= remembered {
		return
	}
	for i := range page.records {
		delete(b.byKey, page.records[i].key)
	}
	b.pages[0] = nil
	b.pages, b.first = b.pages[1:], b.first+1
}
