package gateway

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// kept is a store that holds accepted pushes by initiator and push-id, and fails when it is told to.
type kept struct {
	store.Store
	byID map[[2]string]*store.Record
	last int64
	err  error
}

func (k *kept) NextIDs(n int) int64 {
	k.last += int64(n)
	return k.last - int64(n) + 1
}

func (k *kept) Commit(events []store.Event, done func(error)) {
	e := events[0].(store.PushAccepted)
	key := [2]string{e.Push.Initiator, e.Push.PushID}
	switch {
	case k.err != nil:
		done(k.err)
	case k.byID[key] != nil:
		done(store.ErrDuplicatePushID)
	default:
		k.byID[key] = &store.Record{Push: e.Push, Deliveries: e.Deliveries}
		done(nil)
	}
}

func (k *kept) Find(_ context.Context, initiator, pushID string) (*store.Record, error) {
	if k.err != nil {
		return nil, k.err
	}
	if r := k.byID[[2]string{initiator, pushID}]; r != nil {
		return r, nil
	}
	return nil, store.ErrNotFound
}

// taken is a dispatcher that keeps what it was given.
type taken struct {
	records []*store.Record
	pending int
	owed    int // notifications, to each initiator
}

func (d *taken) Add(r *store.Record) { d.records = append(d.records, r) }
func (d *taken) Pending() int        { return d.pending }

func (d *taken) PendingOf(initiator string) int {
	if initiator == mmsc.Name {
		return d.pending
	}
	return 0
}

func newGateway(t *testing.T) (*Gateway, *kept, *taken) {
	t.Helper()
	sms := policy.BearerInfo{Instance: "sms", Info: plugin.Info{AddressTypes: []push.AddressType{push.PLMN}, Bearer: "SMS", Network: "GSM"}}
	p := policy.Policy{Name: "sms", Match: policy.Match{Initiator: []string{"mmsc"}}, Attempts: []policy.Attempt{{Bearer: "sms", Within: time.Minute}}}
	set, err := policy.New([]policy.Policy{p}, nil, []policy.BearerInfo{sms})
	if err != nil {
		t.Fatal(err)
	}
	st, d := &kept{byID: map[[2]string]*store.Record{}}, &taken{}
	g := New(Options{
		Clock: clock.NewFake(start), Store: st, Dispatcher: d, Policies: set, Log: hclog.NewNullLogger(),
		Owed:   func(string) int { return d.owed },
		Limits: Limits{Recipients: 3, Pending: 10},
	})
	return g, st, d
}

func plmn(number string) pap.Address {
	return pap.Address{Text: "WAPPUSH=+" + number + "/TYPE=PLMN@ppg", Client: push.Address{Type: push.PLMN, Value: "+" + number}}
}

func submission(id string, to ...pap.Address) *pap.Submission {
	return &pap.Submission{
		Version: pap.DefaultVersion, Message: &pap.PushMessage{PushID: id, Addresses: to},
		Content: push.Message{ContentType: "text/plain", Body: []byte("hello")},
	}
}

var mmsc = &pap.Initiator{Name: "mmsc"}

func TestSubmit(t *testing.T) {
	ip := pap.Address{Text: "WAPPUSH=10.0.0.1/TYPE=IPv4@ppg", Client: push.Address{Type: push.IPv4, Value: "10.0.0.1"}}
	tests := []struct {
		name string
		pi   *pap.Initiator
		make func(s *pap.Submission)
		code pap.Code
	}{
		{"accepted", mmsc, func(*pap.Submission) {}, pap.AcceptedForProcessing},
		{"no policy", &pap.Initiator{Name: "other"}, func(*pap.Submission) {}, pap.Forbidden},
		{"one recipient can not be served", mmsc, func(s *pap.Submission) { s.Message.Addresses = append(s.Message.Addresses, ip) }, pap.AddressError},
		{"too many recipients", mmsc, func(s *pap.Submission) {
			s.Message.Addresses = []pap.Address{plmn("1000001"), plmn("1000002"), plmn("1000003"), plmn("1000004")}
		}, pap.Forbidden},
		{"deliver-before is over", mmsc, func(s *pap.Submission) { s.Message.DeliverBefore = start }, pap.Forbidden},
		{"deliver-before is not after deliver-after", mmsc, func(s *pap.Submission) {
			s.Message.DeliverAfter, s.Message.DeliverBefore = start.Add(time.Hour), start.Add(time.Hour)
		}, pap.BadRequest},
		{"required bearer", mmsc, func(s *pap.Submission) {
			s.Message.QoS = &pap.QualityOfService{Bearer: "CSD", BearerRequired: true}
		}, pap.RequiredBearerNotAvailable},
		{"required network", mmsc, func(s *pap.Submission) {
			s.Message.QoS = &pap.QualityOfService{Network: "TETRA", NetworkRequired: true}
		}, pap.RequiredNetworkNotAvailable},
		{"confirmed is not possible", mmsc, func(s *pap.Submission) {
			s.Message.QoS = &pap.QualityOfService{DeliveryMethod: push.Confirmed}
		}, pap.SpecifiedDeliveryMethodNotPossible},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, st, d := newGateway(t)
			s := submission("p1", plmn("358401234567"))
			tt.make(s)
			resp, err := g.Submit(t.Context(), tt.pi, s)
			if err != nil || resp.Result.Code != tt.code || resp.PushID != "p1" || resp.Result.Desc == "" {
				t.Fatalf("answered %+v, %v; want %s", resp, err, tt.code)
			}
			want := 0
			if tt.code == pap.AcceptedForProcessing {
				want = 1
			}
			if len(st.byID) != want || len(d.records) != want {
				t.Errorf("%d pushes stored, %d dispatched; want %d", len(st.byID), len(d.records), want)
			}
		})
	}
}

func TestDuplicatePushID(t *testing.T) {
	g, _, d := newGateway(t)
	for i, want := range []pap.Code{pap.AcceptedForProcessing, pap.DuplicatePushID} {
		resp, err := g.Submit(t.Context(), mmsc, submission("p1", plmn("358401234567")))
		if err != nil || resp.Result.Code != want {
			t.Errorf("submission %d was answered %+v, %v; want %s", i+1, resp, err, want)
		}
	}
	if len(d.records) != 1 {
		t.Errorf("dispatched %d times, want once", len(d.records))
	}
}

func TestSameRecipientTwice(t *testing.T) {
	g, _, d := newGateway(t)
	again := plmn("358401234567")
	again.Text = "wappush=+358-40-1234567/type=PLMN"
	if _, err := g.Submit(t.Context(), mmsc, submission("p1", plmn("358401234567"), again)); err != nil {
		t.Fatal(err)
	}
	if n := len(d.records[0].Deliveries); n != 1 {
		t.Errorf("%d deliveries for one recipient", n)
	}
}

func TestUnavailable(t *testing.T) {
	tests := []struct {
		name string
		make func(*Gateway, *kept, *taken)
	}{
		{"the store fails", func(_ *Gateway, st *kept, _ *taken) { st.err = errors.New("disk full") }},
		{"too much is pending", func(_ *Gateway, _ *kept, d *taken) { d.pending = 10 }},
		{"the initiator acknowledges nothing", func(_ *Gateway, _ *kept, d *taken) { d.owed = 10 }},
		{"the gateway stops", func(g *Gateway, _ *kept, _ *taken) { g.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, st, d := newGateway(t)
			tt.make(g, st, d)
			sub := submission("p1", plmn("358401234567"))
			sub.Message.NotifyTo = "http://pi.example/"
			resp, err := g.Submit(t.Context(), mmsc, sub)
			var u *pap.Unavailable
			if !errors.As(err, &u) || u.RetryAfter <= 0 || resp != nil {
				t.Errorf("answered %+v, %v; want unavailable with a time to come back", resp, err)
			}
			if len(d.records) != 0 {
				t.Error("it was dispatched all the same")
			}
		})
	}
}

func TestPendingLimitIsReachedAndNotPassed(t *testing.T) {
	g, _, d := newGateway(t)
	d.pending = 8
	for i, want := range []bool{true, false} {
		to := []pap.Address{plmn("1000001"), plmn("1000002")}
		if i == 1 {
			to = append(to, plmn("1000003"))
		}
		_, err := g.Submit(t.Context(), mmsc, submission(string(rune('a'+i)), to...))
		if taken := err == nil; taken != want {
			t.Errorf("%d recipients with 8 of 10 pending: taken is %v, want %v", len(to), taken, want)
		}
	}
}

func TestQuery(t *testing.T) {
	g, st, _ := newGateway(t)
	a, b, c := plmn("1000001"), plmn("1000002"), plmn("1000003")
	if _, err := g.Submit(t.Context(), mmsc, submission("p1", a, b, c)); err != nil {
		t.Fatal(err)
	}
	done := store.Result{State: store.Delivered, Code: 1000, At: start, Method: push.Confirmed, Bearer: "SMS", Network: "GSM"}
	for i, d := range st.byID[[2]string{"mmsc", "p1"}].Deliveries {
		if i < 2 {
			d.Result = done
		}
	}
	tests := []struct {
		name string
		pi   *pap.Initiator
		id   string
		of   []pap.Address
		want [][]string // state, then addresses
	}{
		{"everybody", mmsc, "p1", nil, [][]string{{"delivered", a.Text, b.Text}, {"pending", c.Text}}},
		{"one", mmsc, "p1", []pap.Address{c}, [][]string{{"pending", c.Text}}},
		{"one of another push", mmsc, "p1", []pap.Address{a, plmn("1999999")}, [][]string{{"delivered", a.Text}, {"unknown", plmn("1999999").Text}}},
		{"unknown push-id", mmsc, "p2", nil, [][]string{{"unknown"}}},
		{"another initiator's", &pap.Initiator{Name: "other"}, "p1", nil, [][]string{{"unknown"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := g.Query(t.Context(), tt.pi, &pap.StatusQuery{PushID: tt.id, Addresses: tt.of})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, r := range resp.Results {
				line := []string{string(r.State)}
				for _, a := range r.Addresses {
					line = append(line, a.Text)
				}
				got = append(got, line)
			}
			if !slices.EqualFunc(got, tt.want, slices.Equal) {
				t.Errorf("answered %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPermits(t *testing.T) {
	g, _, _ := newGateway(t)
	g.SetPermits(Permits{Initiators: map[string]Permit{"mmsc": {Applications: []string{"x-wap-application:mms.ua"}}}})
	tests := []struct {
		application string
		code        pap.Code
	}{
		{"x-wap-application:mms.ua", pap.AcceptedForProcessing},
		{"mms.ua", pap.AcceptedForProcessing},
		{"4", pap.AcceptedForProcessing},
		{"x-wap-application:syncml.dm", pap.Forbidden},
		{"", pap.Forbidden}, // wml.ua
	}
	for _, tt := range tests {
		t.Run(tt.application, func(t *testing.T) {
			s := submission("p"+tt.application, plmn("358401234567"))
			if tt.application != "" {
				s.Content.Headers = []push.Header{{Name: "X-Wap-Application-Id", Value: tt.application}}
			}
			resp, err := g.Submit(t.Context(), mmsc, s)
			if err != nil || resp.Result.Code != tt.code {
				t.Errorf("answered %+v, %v; want %s", resp, err, tt.code)
			}
		})
	}
}

func TestRate(t *testing.T) {
	g, _, _ := newGateway(t)
	g.SetPermits(Permits{Initiators: map[string]Permit{"mmsc": {Rate: rate.NewLimiter(rate.Every(time.Hour), 1)}}})
	if _, err := g.Submit(t.Context(), mmsc, submission("1", plmn("358401234567"))); err != nil {
		t.Fatal(err)
	}
	_, err := g.Submit(t.Context(), mmsc, submission("2", plmn("358401234567")))
	var u *pap.Unavailable
	if !errors.As(err, &u) || u.RetryAfter < 50*time.Minute {
		t.Errorf("the second push was answered %v, want unavailable for about an hour", err)
	}
	if _, err := g.Submit(t.Context(), &pap.Initiator{Name: "other"}, submission("3", plmn("358401234567"))); err != nil {
		t.Errorf("another initiator is held up: %v", err)
	}
}

func TestPushFlagIsNotTheInitiators(t *testing.T) {
	g, _, d := newGateway(t)
	s := submission("1", plmn("358401234567"))
	s.Content.Headers = []push.Header{{Name: "push-flag", Value: "3"}, {Name: "Content-Language", Value: "en"}}
	if _, err := g.Submit(t.Context(), mmsc, s); err != nil {
		t.Fatal(err)
	}
	if h := d.records[0].Push.Message.Headers; len(h) != 1 || h[0].Name != "Content-Language" {
		t.Errorf("the push keeps the headers %+v", h)
	}
}

func TestLifetime(t *testing.T) {
	g, _, d := newGateway(t)
	g.opts.Limits.Lifetime = time.Hour
	s := submission("1", plmn("358401234567"))
	s.Message.DeliverAfter = start.Add(24 * time.Hour)
	if _, err := g.Submit(t.Context(), mmsc, s); err != nil {
		t.Fatal(err)
	}
	if got, want := d.records[0].Push.DeliverBefore, start.Add(25*time.Hour); !got.Equal(want) {
		t.Errorf("deliver-before is %v, want %v", got, want)
	}
}

func TestPendingLimitOfOneInitiator(t *testing.T) {
	g, _, d := newGateway(t)
	g.opts.Limits.Pending = 1000
	d.pending = 4
	g.SetPermits(Permits{Initiators: map[string]Permit{"mmsc": {Pending: 5}}})
	if _, err := g.Submit(t.Context(), mmsc, submission("to it", plmn("1000001"))); err != nil {
		t.Errorf("to the limit: %v", err)
	}
	d.pending = 5
	_, err := g.Submit(t.Context(), mmsc, submission("past it", plmn("1000001")))
	var u *pap.Unavailable
	if !errors.As(err, &u) {
		t.Errorf("past the limit: %v", err)
	}
	g.SetPermits(Permits{Initiators: map[string]Permit{"mmsc": {}}})
	if _, err := g.Submit(t.Context(), mmsc, submission("no limit", plmn("1000001"))); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}

// The body of a POST serves the next one as soon as the push is answered.
func TestSubmitCopiesTheContent(t *testing.T) {
	g, st, _ := newGateway(t)
	s := submission("p1", plmn("358401234567"))
	s.Content.Body, s.Capabilities = []byte("hello"), []byte("<rdf/>")
	if _, err := g.Submit(t.Context(), mmsc, s); err != nil {
		t.Fatal(err)
	}
	copy(s.Content.Body, "XXXXX")
	copy(s.Capabilities, "XXXXX")
	if p := st.byID[[2]string{"mmsc", "p1"}].Push; string(p.Message.Body) != "hello" || string(p.Capabilities) != "<rdf/>" {
		t.Errorf("kept %q and %q", p.Message.Body, p.Capabilities)
	}
}
