package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// nothing keeps no push and dispatches none.
type nothing struct {
	store.Store
	last int64
}

func (s *nothing) NextIDs(n int) int64                   { s.last += int64(n); return s.last }
func (s *nothing) Commit(_ []store.Event, f func(error)) { f(nil) }
func (s *nothing) Add(*store.Record)                     {}
func (s *nothing) Pending() int                          { return 0 }
func (s *nothing) PendingOf(string) int                  { return 0 }

// BenchmarkSubmit is a push without store and dispatcher.
func BenchmarkSubmit(b *testing.B) {
	for _, recipients := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d recipients", recipients), func(b *testing.B) {
			sms := policy.BearerInfo{Instance: "sms", Info: plugin.Info{AddressTypes: []push.AddressType{push.PLMN}, Bearer: "SMS", Network: "GSM"}}
			set, err := policy.New([]policy.Policy{
				{Name: "mms", Match: policy.Match{ContentType: []string{"application/vnd.wap.mms-message"}}, Attempts: []policy.Attempt{{Bearer: "sms"}}},
				{Name: "sms", Match: policy.Match{AddressType: []push.AddressType{push.PLMN}}, Attempts: []policy.Attempt{{Bearer: "sms", Within: time.Minute}}},
			}, nil, []policy.BearerInfo{sms})
			if err != nil {
				b.Fatal(err)
			}
			n := &nothing{}
			g := New(Options{
				Clock: clock.NewFake(start), Store: n, Dispatcher: n, Policies: set, Log: hclog.NewNullLogger(),
				Owed:   func(string) int { return 0 },
				Limits: Limits{Recipients: 1000, Pending: 100000, Lifetime: time.Hour},
			})
			s := &pap.Submission{
				Version: pap.DefaultVersion,
				Message: &pap.PushMessage{
					PushID: "2026-0001@pi.example", NotifyTo: "http://pi.example/notify",
					QoS: &pap.QualityOfService{Priority: push.PriorityHigh, Network: "GSM", Bearer: "SMS"},
				},
				Content: push.Message{
					ContentType: "text/vnd.wap.si; charset=utf-8", Body: make([]byte, 300),
					Headers: []push.Header{{Name: "X-Wap-Application-Id", Value: "x-wap-application:push.sia"}},
				},
			}
			for i := range recipients {
				s.Message.Addresses = append(s.Message.Addresses, plmn(fmt.Sprint(358401000000+i)))
			}
			b.ReportAllocs()
			for b.Loop() {
				if r, err := g.Submit(b.Context(), mmsc, s); err != nil || r.Result.Code != pap.AcceptedForProcessing {
					b.Fatal(r, err)
				}
			}
		})
	}
}
