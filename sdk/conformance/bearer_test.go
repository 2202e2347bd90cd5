package conformance

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

type soundBearer struct {
	*sound
	deliver func(context.Context, push.Delivery) (push.Outcome, error)
}

func (b *soundBearer) Deliver(ctx context.Context, d push.Delivery) (push.Outcome, error) {
	return b.deliver(ctx, d)
}

// post delivers at once, except what is pushed into the void.
func post(ctx context.Context, d push.Delivery) (push.Outcome, error) {
	if d.PushID == "void" {
		<-ctx.Done()
		return push.Outcome{Kind: push.OutcomeUnknown}, nil
	}
	if err := bearer.Progress(ctx, []byte("token")); err != nil {
		return push.Outcome{}, err
	}
	return push.Outcome{Kind: push.OutcomeDelivered}, nil
}

func bearerSuite(info func() plugin.Info, deliver func(context.Context, push.Delivery) (push.Outcome, error)) BearerSuite {
	return BearerSuite{
		Plugin: about(plugin.KindBearer),
		New: func() bearer.Bearer {
			return &soundBearer{(&sound{info: info}).of(plugin.KindBearer), deliver}
		},
		Deliveries: []push.Delivery{{Lane: "a"}, {Lane: "b"}, {Lane: "a"}},
		Hanging:    []push.Delivery{{Lane: "c", PushID: "void"}},
	}
}

func TestSoundBearer(t *testing.T) { Bearer(t, bearerSuite(nil, post)) }

func TestBearerFaults(t *testing.T) {
	t.Parallel() // runs when those that count descriptors are over
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	unconfirmed := func() plugin.Info {
		i := soundInfo(plugin.KindBearer)
		i.Confirms = false
		return i
	}
	rows := []struct {
		name    string
		info    func() plugin.Info
		deliver func(context.Context, push.Delivery) (push.Outcome, error)
		want    []string
	}{
		{"confirms what it can not know", unconfirmed, post, []string{"bearer/confirms"}},
		{"ignores its context", nil, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
			if d.PushID == "void" {
				<-forever
			}
			return post(ctx, d)
		}, []string{"bearer/cancel", "bearer/deadline", "bearer/drain"}},
		{"guesses success", nil, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
			o, err := post(ctx, d)
			o.Kind = push.OutcomeDelivered
			return o, err
		}, []string{"bearer/cancel", "bearer/deadline"}},
		{"reads every token", nil, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
			for _, other := range d.OtherTokens {
				_ = other[4]
			}
			return post(ctx, d)
		}, []string{"bearer/other-tokens"}},
	}
	recs := together(t, "bearer/", len(rows), func(i int, rec *recorder) { Bearer(rec, bearerSuite(rows[i].info, rows[i].deliver)) })
	for i, r := range rows {
		t.Run(r.name, func(t *testing.T) { recs[i].mustFail(t, r.want...) })
	}
}

// soundStream is the other form: it holds what hangs until its time is over.
type soundStream struct {
	*sound
	fault string

	mu   sync.Mutex
	host bearer.Host
	held map[string]bool
}

func (s *soundStream) Stored(string, uint64) {}

func (s *soundStream) Open(h bearer.Host) {
	s.host = h
	switch s.fault {
	case "takes nothing":
		h.Window(0, "the wire is cut")
	case "says nothing":
	default:
		h.Window(5, "")
	}
}

func (s *soundStream) Start(d push.Delivery) {
	h := s.host
	if d.PushID != "void" {
		h.Result(d.ID, push.Outcome{Kind: push.OutcomeDelivered})
		if s.fault == "answers twice" {
			h.Result(d.ID, push.Outcome{Kind: push.OutcomeDelivered})
		}
		return
	}
	s.mu.Lock()
	s.held[d.ID] = true
	s.mu.Unlock()
	if s.fault != "has no clock" {
		time.AfterFunc(d.Timeout, func() { s.end(d.ID, push.Outcome{}) })
	}
}

// end answers what is still held.
func (s *soundStream) end(id string, o push.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[id] {
		delete(s.held, id)
		s.host.Result(id, o)
	}
}

func (s *soundStream) Cancel(id string) {
	s.mu.Lock()
	known := s.held[id]
	s.mu.Unlock()
	if s.fault == "trips over unknown ids" && !known {
		panic("who is " + id)
	}
	if s.fault != "ignores cancel" {
		s.end(id, push.Outcome{Kind: push.OutcomeUnknown})
	}
}

func (s *soundStream) Drain(context.Context) {
	if s.fault == "ignores drain" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.held {
		delete(s.held, id)
		s.host.Result(id, push.Returned())
	}
}

func streamSuite(fault string) BearerSuite {
	suite := bearerSuite(nil, nil)
	suite.New = nil
	suite.NewStream = func() bearer.Stream {
		return &soundStream{sound: (&sound{}).of(plugin.KindBearer), fault: fault, held: map[string]bool{}}
	}
	return suite
}

func TestSoundStream(t *testing.T) { Bearer(t, streamSuite("")) }

func TestStreamFaults(t *testing.T) {
	t.Parallel() // runs when those that count descriptors are over
	rows := []struct {
		fault string
		want  []string
	}{
		{"answers twice", []string{"bearer/confirms", "bearer/drain", "bearer/one-result", "bearer/other-tokens"}},
		{"has no clock", []string{"bearer/deadline"}},
		{"ignores cancel", []string{"bearer/cancel"}},
		{"ignores drain", []string{"bearer/drain"}},
		{"trips over unknown ids", []string{"bearer/cancel"}},
	}
	recs := together(t, "bearer/", len(rows), func(i int, rec *recorder) { Bearer(rec, streamSuite(rows[i].fault)) })
	for i, r := range rows {
		t.Run(r.fault, func(t *testing.T) { recs[i].mustFail(t, r.want...) })
	}
}

func TestBearerThatTakesNothing(t *testing.T) {
	t.Parallel() // runs when those that count descriptors are over
	for fault, why := range map[string]string{"takes nothing": "it says: the wire is cut", "says nothing": "has not said how many"} {
		rec := newRecorder(t, "bearer/window")
		suite := streamSuite(fault)
		suite.Grace = 200 * time.Millisecond
		Bearer(rec, suite)
		rec.mustFail(t, "bearer/window")
		if said := rec.log["bearer/window"]; !strings.Contains(fmt.Sprint(said), why) {
			t.Errorf("%s: the suite says %q, without %q", fault, said, why)
		}
	}
}
