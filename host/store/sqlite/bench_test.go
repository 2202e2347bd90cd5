package sqlite

import (
	"fmt"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// BenchmarkLife is the life of pushes with 1 KB bodies, as the gateway writes it: accepted, finished with an attempt and a
// notification, notification acknowledged. An operation is one event, waited for until it is durable. CPU time is that of the
// whole process.
func BenchmarkLife(b *testing.B) {
	for _, writers := range []int{64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openIn(b, b.TempDir())
			defer func() {
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			}()
			if _, err := s.Claim(b.Context(), time.Hour); err != nil {
				b.Fatal(err)
			}
			body := make([]byte, 1024)
			lives := b.N/3 + 1
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
						for _, e := range life(s, i, body) {
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
			for i := range lives {
				next <- i
			}
			close(next)
			wait.Wait()
			took := time.Since(start)
			b.StopTimer()
			all := slices.Concat(times...)
			slices.Sort(all)
			n := float64(3 * lives)
			b.ReportMetric(n/took.Seconds(), "events/s")
			b.ReportMetric(float64((processCPU(b)-cpu).Microseconds())/n, "cpu-µs/event")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func life(s *Store, i int, body []byte) []store.Event {
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
	return []store.Event{
		store.PushAccepted{Push: p, Deliveries: []*store.Delivery{d}},
		store.DeliveryFinished{
			Delivery: d.ID, Result: store.Result{State: store.Delivered, Code: 1000, At: now, Method: push.Confirmed, Bearer: "SMS"},
			Attempts: []store.Attempt{a}, Notification: n,
		},
		store.NotificationEnded{Notification: n.ID, Tries: 1, At: now, Acked: true},
	}
}

func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
