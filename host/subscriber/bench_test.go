package subscriber

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The size that the gateway is to be able to serve.
const (
	benchSubscribers = 1_000_000
	benchSessions    = 200_000
)

func benchUser(i int) string { return fmt.Sprintf("user%07d@push.example.net", i) }

func benchNumber(i int) push.MSISDN { return push.MSISDN(fmt.Sprintf("3584%08d", i)) }

func benchSession(i int) store.Session {
	return store.Session{
		SessionKey: store.SessionKey{GGSN: fmt.Sprint("ggsn", i%4), APN: "push.operator", Address: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})},
		MSISDN:     benchNumber(i), IMSI: push.IMSI(fmt.Sprintf("24405%010d", i)), Accounting: fmt.Sprintf("C0000201%08X", i),
	}
}

// heap is what is in use after a collection.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// nowhere is a store that keeps nothing.
type nowhere struct {
	store.Store
	last int64
}

func (n *nowhere) NextIDs(k int) int64 { n.last += int64(k); return n.last - int64(k) + 1 }

func (n *nowhere) Commit(_ []store.Event, done func(error)) { done(nil) }

func (n *nowhere) LoadSubscribers(context.Context, func(*store.Subscriber) error, func(error)) error {
	return nil
}

func (n *nowhere) LoadSessions(context.Context, func(*store.Session) error, func(error)) error {
	return nil
}

// BenchmarkResolve looks user identifiers, numbers and addresses up, a fifth of them online, among 1,000,000 subscribers with a
// terminal each and 200,000 sessions. It reports the heap for each of them, too.
func BenchmarkResolve(b *testing.B) {
	o := Options{
		Store: &nowhere{}, Clock: clock.System(), Log: hclog.NewNullLogger(), Domains: []string{"push.example.net"}, SessionExpiry: 24 * time.Hour,
	}
	d, err := Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	before := heap()
	for i := 0; i < benchSubscribers; i += 1000 {
		list := make([]store.Subscriber, 1000)
		for j := range list {
			s := benchSession(i + j)
			list[j] = store.Subscriber{Users: []string{benchUser(i + j)}, Terminals: []store.Terminal{{MSISDN: s.MSISDN, IMSI: s.IMSI}}}
		}
		if err := d.Put(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
	entered := heap()
	for i := range benchSessions {
		d.SessionStart(benchSession(i*5), time.Now(), func(err error) {
			if err != nil {
				b.Error(err)
			}
		})
	}
	begun := heap()
	addresses := make([]push.Address, 1<<16)
	for i := range addresses {
		n := (i * 7919) % benchSubscribers
		switch i % 3 {
		case 0:
			addresses[i] = push.Address{Type: push.USER, Value: benchUser(n)}
		case 1:
			addresses[i] = push.Address{Type: push.PLMN, Value: "+" + string(benchNumber(n))}
		default:
			addresses[i] = push.Address{Type: push.IPv4, Value: benchSession(n).Address.String()}
		}
	}
	times := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		from := time.Now()
		if _, err := d.Resolve(addresses[i%len(addresses)]); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(from))
	}
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(times[len(times)*99/100].Nanoseconds()), "p99-ns")
	b.ReportMetric((entered-before)/benchSubscribers, "B/subscriber")
	b.ReportMetric((begun-entered)/benchSessions, "B/session")
	from := time.Now()
	runtime.GC()
	b.ReportMetric(float64(time.Since(from).Microseconds())/1000, "ms/collection")
}

// benchBeside looks user identifiers up while 5000 sessions a second end and begin, and all of that is written.
func benchBeside(b *testing.B, d *Directory) {
	const messages, rate = 10_000, 5000
	stop, times := make(chan struct{}), make(chan []time.Duration)
	go func() {
		var list []time.Duration
		for i := 0; ; i++ {
			select {
			case <-stop:
				times <- list
				return
			default:
			}
			from := time.Now()
			_, _ = d.Resolve(push.Address{Type: push.USER, Value: benchUser(i * 7919 % benchSubscribers)})
			list = append(list, time.Since(from))
			time.Sleep(200 * time.Microsecond)
		}
	}()
	answers := make(chan time.Duration, messages)
	began := time.Now()
	for i := range messages {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / rate)))
		from := time.Now()
		done := func(err error) {
			if err != nil {
				b.Error(err)
			}
			answers <- time.Since(from)
		}
		if s := benchSession(i / 2 * 5); i%2 == 0 {
			d.SessionStop(s.SessionKey, s.Accounting, from, done)
		} else {
			s.Accounting += "again"
			d.SessionStart(s, from, done)
		}
	}
	answered := make([]time.Duration, messages)
	for i := range answered {
		answered[i] = <-answers
	}
	b.ReportMetric(messages/time.Since(began).Seconds(), "messages/s")
	close(stop)
	beside := <-times
	slices.Sort(beside)
	slices.Sort(answered)
	b.ReportMetric(float64(beside[len(beside)*99/100].Microseconds()), "p99-µs-beside")
	b.ReportMetric(float64(answered[len(answered)*99/100].Microseconds())/1000, "p99-ms-answer")
}

// BenchmarkStore enters 1,000,000 subscribers from CSV and 200,000 sessions into the embedded store, looks addresses up while
// accounting goes on, and opens it again. One operation is all of that.
func BenchmarkStore(b *testing.B) {
	for range b.N {
		o := Options{Clock: clock.System(), Log: hclog.NewNullLogger(), Domains: []string{"push.example.net"}, SessionExpiry: 24 * time.Hour}
		path := b.TempDir() + "/ppgbox.db"
		open := func() (*sqlite.Store, *Directory) {
			s, err := sqlite.Open(sqlite.Options{Path: path, Host: "bench", Clock: o.Clock})
			if err != nil {
				b.Fatal(err)
			}
			o.Store = s
			d, err := Open(b.Context(), o)
			if err != nil {
				b.Fatal(err)
			}
			return s, d
		}
		s, d := open()
		var list strings.Builder
		list.WriteString("user,msisdn,imsi\n")
		for i := range benchSubscribers {
			x := benchSession(i)
			fmt.Fprintf(&list, "%s,%s,%s\n", benchUser(i), x.MSISDN, x.IMSI)
		}
		from := time.Now()
		if r, err := d.Import(b.Context(), strings.NewReader(list.String())); err != nil || r.Added != benchSubscribers {
			b.Fatal(r, err)
		}
		b.ReportMetric(time.Since(from).Seconds(), "s/import")
		from = time.Now()
		answers := make(chan error, benchSessions)
		for i := range benchSessions {
			d.SessionStart(benchSession(i*5), time.Now(), func(err error) { answers <- err })
		}
		for range benchSessions {
			if err := <-answers; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(benchSessions/time.Since(from).Seconds(), "sessions/s")
		benchBeside(b, d)
		d.Close()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		from = time.Now()
		s, d = open()
		b.ReportMetric(time.Since(from).Seconds(), "s/open")
		if x, y := d.Counts(); x != benchSubscribers || y != benchSessions {
			b.Fatal(x, y)
		}
		d.Close()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}
