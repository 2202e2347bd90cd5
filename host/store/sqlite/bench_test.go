package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// BenchmarkLife is the life of pushes with 1 KB bodies, as the gateway writes it: accepted, finished with an attempt, and, if
// it is notified, finished with a notification and that acknowledged. Each event is waited for until it is durable. An
// operation is one push. CPU time is that of the whole process.
func BenchmarkLife(b *testing.B) {
	for _, notified := range []bool{false, true} {
		for _, writers := range []int{64, 256} {
			b.Run(fmt.Sprintf("notified=%t/writers=%d", notified, writers), func(b *testing.B) { benchmarkLife(b, writers, notified, nil) })
		}
	}
}

func benchmarkLife(b *testing.B, writers int, notified bool, beside func(context.Context, *Store), pragmas ...string) {
	s := openIn(b, b.TempDir())
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := s.Claim(b.Context(), time.Hour); err != nil {
		b.Fatal(err)
	}
	for _, p := range pragmas {
		err := s.do(b.Context(), func() error { return nil }, func() { // between two transactions
			if err := s.writer.c.exec("PRAGMA " + p); err != nil {
				b.Error(err)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	var others sync.WaitGroup
	defer others.Wait()
	defer cancel()
	if beside != nil {
		others.Go(func() { beside(ctx, s) })
	}
	body := make([]byte, 1024)
	times := make([][]time.Duration, writers)
	next := make(chan int, writers)
	b.ResetTimer()
	cpu, start := processCPU(b), time.Now()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			answer := make(chan error, 1)
			done := func(err error) { answer <- err }
			for i := range next {
				for _, e := range life(s, i, body, notified) {
					from := time.Now()
					s.Commit([]store.Event{e}, done)
					if err := <-answer; err != nil {
						b.Error(err)
						return
					}
					times[w] = append(times[w], time.Since(from))
				}
			}
		})
	}
	for i := range b.N {
		next <- i
	}
	close(next)
	wait.Wait()
	took := time.Since(start)
	b.StopTimer()
	all := slices.Concat(times...)
	slices.Sort(all)
	b.ReportMetric(float64(b.N)/took.Seconds(), "pushes/s")
	b.ReportMetric(float64((processCPU(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/push")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "max-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBeside is BenchmarkLife while something else goes on: the CPU time is that of both.
func BenchmarkBeside(b *testing.B) {
	for _, c := range []struct {
		name   string
		beside func(ctx context.Context, s *Store)
	}{
		{"nothing", func(context.Context, *Store) {}},
		{"prune", func(ctx context.Context, s *Store) { // as fast as they come, so that all but a thousand are removed
			for ctx.Err() == nil {
				if _, err := s.Prune(ctx, time.Time{}, 1000, 500); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}},
		{"backup", func(ctx context.Context, s *Store) { // one after the other
			for i := 0; ctx.Err() == nil; i++ {
				if err := s.Backup(ctx, fmt.Sprintf("%s.copy%d", s.path, i)); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkLife(b, 64, false, c.beside) })
	}
}

// BenchmarkSettings is BenchmarkLife with other PRAGMAs, to be compared within one run.
func BenchmarkSettings(b *testing.B) {
	for _, c := range []struct{ name, pragma string }{
		{"as it is", "synchronous = FULL"},
		{"checkpoint=1000", "wal_autocheckpoint = 1000"},
		{"checkpoint=16000", "wal_autocheckpoint = 16000"},
		{"checkpoint=off", "wal_autocheckpoint = 0"},
		{"cache=32MB", "cache_size = -32768"},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkLife(b, 64, false, nil, c.pragma) })
	}
}

func life(s *Store, i int, body []byte, notified bool) []store.Event {
	now := time.Now()
	p := &store.Push{
		ID: s.NextIDs(3), Initiator: "mmsc", PushID: fmt.Sprintf("%d.%d@mmsc.example.net", i, now.UnixNano()), Received: now,
		NotifyURL: "http://127.0.0.1:9000/notify", PAPVersion: "2.0",
		Message: push.Message{
			ContentType: "text/vnd.wap.si",
			Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "x-wap-application:wml.ua"}},
			Body:        body,
		},
	}
	address := push.Address{Type: push.PLMN, Value: fmt.Sprintf("+35840%07d", i)}
	d := &store.Delivery{
		ID: p.ID + 1, Push: p.ID, Address: address, AddressText: "WAPPUSH=" + address.Value + "/TYPE=PLMN@ppg.example.net",
		Lane: address.String(), Result: store.Result{State: store.Pending},
	}
	step := func(name string) store.Step {
		return store.Step{At: now, Name: name, Plugin: "sms", Text: "some words of what it did", Took: time.Millisecond}
	}
	a := store.Attempt{
		Number: 1, Lane: d.Lane, Bearer: "sms", Node: "smsc1", Started: now, Ended: now,
		Outcome:  push.Outcome{Kind: push.OutcomeDelivered, Code: 1000, Text: "delivered"},
		Steps:    []store.Step{step("policy"), step("encode"), step("route"), step("send"), step("outcome")},
		Terminal: push.Subscriber{Address: address, MSISDN: address.MSISDN()},
	}
	n := &store.Notification{ID: p.ID + 2, Delivery: d.ID, URL: p.NotifyURL, Next: now, Until: now.Add(time.Hour)}
	finished := store.DeliveryFinished{
		Delivery: d.ID, Result: store.Result{State: store.Delivered, Code: 1000, At: now, Method: push.Confirmed, Bearer: "SMS"},
		Attempts: []store.Attempt{a},
	}
	events := []store.Event{store.PushAccepted{Push: p, Deliveries: []*store.Delivery{d}}, finished}
	if !notified {
		return events
	}
	finished.Notification = n
	events[1] = finished
	return append(events, store.NotificationEnded{Notification: n.ID, Tries: 1, At: now, Acked: true})
}

func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
