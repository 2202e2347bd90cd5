package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func openEncoder(t testing.TB, f *fakeEncoder) (*EncoderStream, *recorder) {
	t.Helper()
	events := newRecorder()
	s, err := loopback(t, f).OpenEncoder(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	if n := next(t, "window", events.windows); n != itemWindow {
		t.Fatalf("window %d", n)
	}
	return s, events
}

func TestEncode(t *testing.T) {
	s, events := openEncoder(t, &fakeEncoder{encode: func(ctx context.Context, r push.EncodeRequest) (push.Message, error) {
		left := time.Until(deadlineOf(ctx))
		switch string(r.Message.Body) {
		case "permanent":
			return push.Message{}, &push.Error{Code: 3006, Text: "line 1", Cause: "c"}
		case "plain":
			return push.Message{}, errors.New("disk")
		case "panic":
			panic("at the disco")
		case "too large":
			return push.Message{Body: make([]byte, MaxItemSize)}, nil
		}
		in, _ := r.Input(push.InputIMSI)
		return push.Message{
			ContentType: "application/x", Headers: r.Message.Headers,
			Body: fmt.Appendf(nil, "%s for %s, %t", r.Message.Body, in, left > 30*time.Second && left <= time.Minute),
		}, nil
	}})
	req := body("good")
	req.Inputs = []push.InputValue{{Name: push.InputIMSI, Value: []byte("24405")}}
	req.Message.Headers = []push.Header{{Name: "A", Value: "b"}}
	a := next(t, "answer", encode(s, req, time.Minute))
	want := push.Message{ContentType: "application/x", Headers: req.Message.Headers, Body: []byte("good for 24405, true")}
	if a.err != nil || !reflect.DeepEqual(a.m, want) {
		t.Errorf("got %+v %q, %v", a.m, a.m.Body, a.err)
	}
	rows := []struct {
		body      string
		temporary bool
		code      int
		cause     string
	}{
		{"permanent", false, 3006, "c"},
		{"plain", true, 0, "disk"},
		{"panic", true, 0, "panic: at the disco"},
		{"too large", false, 0, "does not go to a plugin"},
		{strings.Repeat("x", MaxMessageSize), false, 0, "does not go to a plugin"},
	}
	for _, r := range rows {
		a := next(t, "answer", encode(s, body(r.body), time.Minute))
		var e *push.Error
		if !errors.As(a.err, &e) || e.Temporary != r.temporary || e.Code != r.code || !strings.Contains(e.Cause, r.cause) {
			t.Errorf("%.20s: got %v (%#v)", r.body, a.err, e)
		}
	}
	if a := next(t, "answer", encode(s, body("good"), time.Minute)); a.err != nil {
		t.Errorf("the stream did not live on: %v", a.err)
	}
	silent(t, "Closed", events.closed)
}

func deadlineOf(ctx context.Context) time.Time {
	d, _ := ctx.Deadline()
	return d
}

func TestLargestItemFits(t *testing.T) {
	s, _ := openEncoder(t, &fakeEncoder{encode: func(_ context.Context, r push.EncodeRequest) (push.Message, error) {
		return r.Message, nil
	}})
	a := next(t, "answer", encode(s, body(strings.Repeat("x", MaxItemSize-64)), time.Minute))
	if a.err != nil || len(a.m.Body) != MaxItemSize-64 {
		t.Errorf("%d octets, %v", len(a.m.Body), a.err)
	}
}

func TestRoute(t *testing.T) {
	f := &fakeRouting{route: func(_ context.Context, r push.RouteRequest) (push.Route, error) {
		switch r.PushID {
		case "not here":
			return push.Route{}, push.ErrNotHere
		case "not here, and why":
			return push.Route{}, fmt.Errorf("%w: no segment holds\n10.0.0.1", push.ErrNotHere)
		case "not attached":
			return push.Route{}, fmt.Errorf("GTP cause 201: %w", push.ErrNotAttached)
		case "error":
			return push.Route{}, &push.Error{Code: 2000, Cause: "no such node"}
		case "panic":
			panic("x")
		}
		return push.Route{Node: r.ApplicationID, Session: &push.Session{APN: "internet", Generation: uint64(r.Size)}}, nil
	}}
	events := newRecorder()
	s, err := loopback(t, f).OpenRouting(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	type routed struct {
		r   push.Route
		err error
	}
	ask := func(id string) routed {
		ch := make(chan routed, 2)
		s.Route(push.RouteRequest{PushID: id, ApplicationID: "app", Size: 7}, time.Minute,
			func(r push.Route, err error) { ch <- routed{r, err} })
		return next(t, "answer to "+id, ch)
	}
	if a := ask("x"); a.err != nil || a.r.Node != "app" || a.r.Session.Generation != 7 {
		t.Errorf("got %+v, %v", a.r, a.err)
	}
	if a := ask("not here"); !errors.Is(a.err, push.ErrNotHere) {
		t.Errorf("not here: %v", a.err)
	}
	if a := ask("not here, and why"); !errors.Is(a.err, push.ErrNotHere) || a.err.Error() != "not here: no segment holds 10.0.0.1" {
		t.Errorf("not here, and why: %v", a.err)
	}
	if a := ask("not attached"); !errors.Is(a.err, push.ErrNotAttached) || !strings.Contains(a.err.Error(), "cause 201") {
		t.Errorf("not attached: %v", a.err)
	}
	var e *push.Error
	if a := ask("error"); !errors.As(a.err, &e) || e.Temporary || e.Code != 2000 {
		t.Errorf("error: %v", a.err)
	}
	if a := ask("panic"); !errors.As(a.err, &e) || !e.Temporary || e.Cause != "panic: x" {
		t.Errorf("panic: %v", a.err)
	}
	s.Close()
	if err := next(t, "Closed", events.closed); err != nil {
		t.Errorf("closed: %v", err)
	}
}

func TestAnswersComeInAnyOrder(t *testing.T) {
	first := make(chan struct{})
	s, _ := openEncoder(t, &fakeEncoder{encode: func(_ context.Context, r push.EncodeRequest) (push.Message, error) {
		if string(r.Message.Body) == "first" {
			<-first
		}
		return r.Message, nil
	}})
	a := encode(s, body("first"), time.Minute)
	b := encode(s, body("second"), time.Minute)
	if got := next(t, "second answer", b); string(got.m.Body) != "second" {
		t.Errorf("second got %q", got.m.Body)
	}
	silent(t, "first answer", a)
	close(first)
	if got := next(t, "first answer", a); string(got.m.Body) != "first" {
		t.Errorf("first got %q", got.m.Body)
	}
}

// rawEncoder is a plugin that speaks protobuf itself, as those in other languages do.
type rawEncoder struct {
	pb.UnimplementedEncoderServer
	serve func(grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error
}

func (r rawEncoder) Encode(s grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error {
	return r.serve(s)
}

func openRawEncoder(t *testing.T, serve func(grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error) (*EncoderStream, *recorder) {
	t.Helper()
	s := newEncoderService(&fakeEncoder{})
	s.register = func(r grpc.ServiceRegistrar) { pb.RegisterEncoderServer(r, rawEncoder{serve: serve}) }
	c, stop, err := s.loopback()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	events := newRecorder()
	stream, err := c.OpenEncoder(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	return stream, events
}

func TestWindowIsKept(t *testing.T) {
	received, answer := make(chan *pb.EncodeItem, 100), make(chan *pb.EncodedBatch, 100)
	s, events := openRawEncoder(t, func(st grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error {
		go func() {
			for a := range answer {
				_ = st.Send(a)
			}
		}()
		answer <- &pb.EncodedBatch{Credit: &pb.Credit{Window: 2}}
		for {
			b, err := st.Recv()
			if err != nil {
				return nil
			}
			for _, i := range b.GetItems() {
				received <- i
			}
		}
	})
	defer close(answer)
	next(t, "window", events.windows)
	var done atomic.Int32
	ask := func(timeout time.Duration) {
		s.Encode(body("x"), timeout, func(push.Message, error) { done.Add(1) })
	}
	for range 5 {
		ask(time.Minute)
	}
	one, two := next(t, "item", received), next(t, "item", received)
	reply := func(i *pb.EncodedItem, window int) {
		a := &pb.EncodedBatch{}
		if i != nil {
			a.Items = append(a.Items, i)
		}
		if window >= 0 {
			a.Credit = &pb.Credit{Window: uint32(window)}
		}
		answer <- a
	}
	// An unchanged window passes through the plugin and back: what was sent before it has arrived.
	settle := func(window int) {
		reply(nil, window)
		next(t, "window", events.windows)
	}
	settle(2)
	silent(t, "third item with a window of 2", received)
	reply(&pb.EncodedItem{Id: one.GetId(), Message: &pb.Message{}}, -1)
	three := next(t, "third item", received)

	settle(0) // the plugin stalls
	reply(&pb.EncodedItem{Id: two.GetId(), Message: &pb.Message{}}, -1)
	reply(&pb.EncodedItem{Id: three.GetId(), Message: &pb.Message{}}, -1)
	settle(0)
	silent(t, "item with a window of 0", received)
	timed := encode(s, body("late"), 50*time.Millisecond)
	var e *push.Error
	if a := next(t, "time-out", timed); !errors.As(a.err, &e) || !e.Temporary || !strings.Contains(e.Cause, "took no more items") {
		t.Errorf("time-out in the queue: %v", a.err)
	}
	settle(10)
	four := next(t, "fourth item", received)
	next(t, "fifth item", received)
	if left := time.Duration(four.GetTimeoutNano()); left >= time.Minute || left < time.Minute-patience {
		t.Errorf("an item that waited has %s left of a minute", left)
	}
	settle(10)
	silent(t, "item that ran out of time", received)
	if n := done.Load(); n != 3 {
		t.Errorf("%d answered, want 3", n)
	}
}

func TestTimeoutsAndStrays(t *testing.T) {
	received, answer := make(chan *pb.EncodeItem, 100), make(chan *pb.EncodedBatch, 100)
	s, events := openRawEncoder(t, func(st grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error {
		_ = st.Send(&pb.EncodedBatch{Credit: &pb.Credit{Window: 1}})
		go func() {
			for a := range answer {
				_ = st.Send(a)
			}
		}()
		for {
			b, err := st.Recv()
			if err != nil {
				return nil
			}
			for _, i := range b.GetItems() {
				received <- i
			}
		}
	})
	defer close(answer)
	timed := encode(s, body("never answered"), 50*time.Millisecond)
	var e *push.Error
	if a := next(t, "time-out", timed); !errors.As(a.err, &e) || !e.Temporary || e.Cause != "no answer of the plugin within 50ms" {
		t.Errorf("time-out: %v", a.err)
	}
	id := next(t, "item", received).GetId()
	// The plugin still works on it, so it has its place in the window.
	waiting := encode(s, body("b"), time.Minute)
	answer <- &pb.EncodedBatch{Credit: &pb.Credit{Window: 1}}
	next(t, "window", events.windows)
	next(t, "window", events.windows)
	silent(t, "item over the window", received)
	late := &pb.EncodedItem{Id: id, Message: &pb.Message{}}
	answer <- &pb.EncodedBatch{Items: []*pb.EncodedItem{late, late, {Id: 4711}}}
	second := next(t, "second item", received)
	silent(t, "second answer", timed)
	silent(t, "answer to another", waiting)
	answer <- &pb.EncodedBatch{Items: []*pb.EncodedItem{{Id: second.GetId(), Message: &pb.Message{ContentType: "b"}}}}
	if a := next(t, "answer", waiting); a.err != nil || a.m.ContentType != "b" {
		t.Errorf("got %+v, %v", a.m, a.err)
	}
	s.calls.mu.Lock()
	strays := s.calls.strays.counts["answer"]
	s.calls.mu.Unlock()
	if strays != 2 {
		t.Errorf("%d strays counted, want the second answer and the foreign id", strays)
	}
}

func TestBrokenStreamAnswersAll(t *testing.T) {
	got := make(chan struct{})
	s, events := openRawEncoder(t, func(st grpc.BidiStreamingServer[pb.EncodeBatch, pb.EncodedBatch]) error {
		_ = st.Send(&pb.EncodedBatch{Credit: &pb.Credit{Window: 1}})
		_, _ = st.Recv()
		<-got
		return errors.New("out of luck")
	})
	sent, waits := encode(s, body("a"), time.Minute), encode(s, body("b"), time.Minute)
	close(got)
	for _, ch := range []<-chan encoded{sent, waits} {
		var e *push.Error
		if a := next(t, "answer", ch); !errors.As(a.err, &e) || !e.Temporary || !strings.Contains(e.Cause, "out of luck") {
			t.Errorf("got %v", a.err)
		}
	}
	if err := next(t, "Closed", events.closed); err == nil || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("closed: %v", err)
	}
	a := next(t, "answer", encode(s, body("late"), time.Minute))
	var e *push.Error
	if !errors.As(a.err, &e) || !e.Temporary {
		t.Errorf("after the end: %v", a.err)
	}
	s.Close()
	silent(t, "second Closed", events.closed)
}

func TestCloseAnswersFirst(t *testing.T) {
	goOn := make(chan struct{})
	s, events := openEncoder(t, &fakeEncoder{encode: func(_ context.Context, r push.EncodeRequest) (push.Message, error) {
		<-goOn
		return r.Message, nil
	}})
	open := encode(s, body("a"), time.Minute)
	s.Close()
	if a := next(t, "answer", encode(s, body("b"), time.Minute)); a.err == nil {
		t.Error("a closing stream took an item")
	}
	silent(t, "Closed before the answer", events.closed)
	close(goOn)
	if a := next(t, "answer", open); a.err != nil {
		t.Errorf("open item: %v", a.err)
	}
	if err := next(t, "Closed", events.closed); err != nil {
		t.Errorf("closed: %v", err)
	}
}
