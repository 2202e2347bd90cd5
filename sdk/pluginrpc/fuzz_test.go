package pluginrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/mem"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The fuzz targets of the gateway's side play a plugin that sends what it likes: frames that are none, answers to what was never
// asked, second answers, oversized fields, numbers out of any range. A fuzz input is a row of frames, each behind its length in
// two octets.

func frames(messages ...vtMessage) []byte {
	var all []byte
	for _, m := range messages {
		b, err := newCodec().Marshal(m)
		if err != nil {
			panic(err)
		}
		all = binary.BigEndian.AppendUint16(all, uint16(b.Len()))
		all = append(all, b.Materialize()...)
	}
	return all
}

// eachFrame reads the frames of an input until one is none, as a stream does.
func eachFrame[M any](input []byte, take func(*M)) {
	for len(input) >= 2 {
		n := min(int(binary.BigEndian.Uint16(input)), len(input)-2)
		m := new(M)
		if newCodec().Unmarshal(mem.BufferSlice{mem.SliceBuffer(input[2 : 2+n])}, m) != nil {
			return
		}
		take(m)
		input = input[2+n:]
	}
}

// asked is how many questions or deliveries are open when the plugin begins, the last few of them over its window.
const asked, firstWindow = 6, 4

var errFuzz = errors.New("the end of the input")

// counts is what reached the gateway from a stream.
type counts struct {
	t       *testing.T
	closed  int
	results map[string]*atomic.Int32
}

func (c *counts) Closed(error) { c.closed++ }

func (c *counts) Window(n int, why string) {
	if n < 0 {
		c.t.Errorf("window %d", n)
	}
	readable(c.t, "reason of a window", why)
}

func (c *counts) Result(id string, o push.Outcome) {
	n := c.results[id]
	if n == nil {
		c.t.Errorf("result of %q, which was not given", id)
		return
	}
	n.Add(1)
	readable(c.t, "text", o.Text)
	readable(c.t, "cause", o.Cause)
	if o.RetryAfter < 0 {
		c.t.Errorf("to be tried again after %s", o.RetryAfter)
	}
}

func (c *counts) Progress(id string, _ uint64, token []byte) {
	if n := c.results[id]; n == nil || n.Load() > 0 || len(token) > MaxTokenSize {
		c.t.Errorf("token of %d octets for %q", len(token), id)
	}
}

func (c *counts) Event(e push.Event) {
	if e.Kind == 0 {
		c.t.Error("event of no kind")
	}
	readable(c.t, "cause of an event", e.Cause)
}

func readable(t *testing.T, what, s string) {
	if len(s) > MaxTextSize || !utf8.ValidString(s) {
		t.Errorf("%s: %d octets, UTF-8: %t", what, len(s), utf8.ValidString(s))
	}
}

// askAll asks questions, has the plugin answer, and checks that each was answered once when the stream is over.
func askAll[Q timedItem, A any](t *testing.T, c *calls[Q, A], question func() Q, answered func(error), play func()) {
	var times [asked]atomic.Int32
	c.credit(&pb.Credit{Window: firstWindow})
	for i := range asked {
		c.ask(question(), time.Hour, func(_ A, err error) { times[i].Add(1); answered(err) })
	}
	play()
	sent := 0
	for _, k := range c.open {
		if k.wait == nil {
			sent++
		}
	}
	if c.unanswered != sent {
		t.Errorf("%d count as sent, %d are", c.unanswered, sent)
	}
	c.end(errFuzz)
	for i := range times {
		if n := times[i].Load(); n != 1 {
			t.Errorf("question %d was answered %d times", i+1, n)
		}
	}
	if n := c.events.(*counts).closed; n != 1 {
		t.Errorf("closed %d times", n)
	}
}

func FuzzEncoderAnswers(f *testing.F) {
	good, bad := &pb.EncodedItem{Id: 1, Message: &pb.Message{ContentType: "a/b", Body: []byte("c")}}, &pb.Error{Text: "\xFF", Cause: "c", Code: -1}
	f.Add(frames(&pb.EncodedBatch{Items: []*pb.EncodedItem{good, good, {Id: 2, Error: bad}, {Id: 3}, {Id: 5}, {Id: 4711}}}))
	f.Add(frames(&pb.EncodedBatch{Credit: &pb.Credit{}}, &pb.EncodedBatch{Credit: &pb.Credit{Window: 1<<32 - 1, Reason: "\xFF"}, Items: []*pb.EncodedItem{{Id: 6, Error: bad}}}))
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &EncoderStream{calls: newCalls[encodeItem, push.Message](newOutbox[encodeItem](), &counts{t: t}, strays{log: hclog.NewNullLogger()})}
		askAll(t, s.calls, func() encodeItem { return encodeItem{&pb.EncodeItem{}} }, wellFormed(t), func() { eachFrame(input, s.take) })
	})
}

func FuzzRoutingAnswers(f *testing.F) {
	route := &pb.RoutedItem{Id: 1, Answer: &pb.RoutedItem_Route{Route: &pb.Route{Session: &pb.Session{Address: []byte{1}, ExpiresUnixNano: -1}}}}
	nowhere := &pb.RoutedItem{Id: 2, Answer: &pb.RoutedItem_NotAttached{NotAttached: &pb.NotAttached{Cause: "\xFF\x1b[2J\n"}}}
	elsewhere := &pb.RoutedItem{Id: 4, Answer: &pb.RoutedItem_NotHere{NotHere: &pb.NotHere{Cause: "\x80\n"}}}
	f.Add(frames(&pb.RoutedBatch{Items: []*pb.RoutedItem{route, route, nowhere, {Id: 3, Answer: &pb.RoutedItem_NotHere{}}, {Id: 5}, {Id: 6}}}))
	f.Add(frames(&pb.RoutedBatch{Items: []*pb.RoutedItem{elsewhere, {Id: 3, Answer: &pb.RoutedItem_NotAttached{}}}}))
	f.Add(frames(&pb.RoutedBatch{Credit: &pb.Credit{Window: 1<<32 - 1}, Items: []*pb.RoutedItem{{Id: 5, Answer: &pb.RoutedItem_Error{}}}}))
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &RoutingStream{calls: newCalls[routeItem, push.Route](newOutbox[routeItem](), &counts{t: t}, strays{log: hclog.NewNullLogger()})}
		askAll(t, s.calls, func() routeItem { return routeItem{&pb.RouteItem{}} }, wellFormed(t), func() { eachFrame(input, s.take) })
	})
}

// wellFormed checks what a question's error says.
func wellFormed(t *testing.T) func(error) {
	return func(err error) {
		var e *push.Error
		switch {
		case errors.As(err, &e):
			readable(t, "text", e.Text)
			readable(t, "cause", e.Cause)
		case err != nil:
			said := strings.TrimPrefix(strings.TrimPrefix(err.Error(), push.ErrNotHere.Error()+": "), push.ErrNotAttached.Error()+": ")
			readable(t, "error", said)
			if strings.ContainsFunc(said, unicode.IsControl) {
				t.Errorf("control characters in %q", said)
			}
			if !errors.Is(err, push.ErrNotHere) && !errors.Is(err, push.ErrNotAttached) {
				t.Errorf("an error of no kind: %v", err)
			}
		}
	}
}

func FuzzBearerReports(f *testing.F) {
	report := func(id string) *pb.BearerReport {
		return &pb.BearerReport{Report: &pb.BearerReport_Result{Result: &pb.Result{Id: id, Outcome: &pb.Outcome{Kind: 99, Code: -1, Text: "\xFF", RetryAfterNano: -1}}}}
	}
	token := func(id string, n int) *pb.BearerReport {
		return &pb.BearerReport{Report: &pb.BearerReport_Progress{Progress: &pb.Progress{Id: id, Number: 1<<64 - 1, Token: make([]byte, n)}}}
	}
	f.Add(frames(&pb.BearerReports{Items: []*pb.BearerReport{token("1", 1), report("1"), report("1"), token("1", 1), report("6"), report("nosuch"), token("2", MaxTokenSize+1), {}}}))
	f.Add(frames(&pb.BearerReports{Items: []*pb.BearerReport{
		{Report: &pb.BearerReport_Event{Event: &pb.Event{Kind: 99}}},
		{Report: &pb.BearerReport_Event{Event: &pb.Event{Kind: 1, Cause: "\xFF"}}},
		{Report: &pb.BearerReport_Credit{Credit: &pb.Credit{Window: 1<<32 - 1, Reason: "\xFF"}}},
		{Report: &pb.BearerReport_Result{}},
	}}, &pb.BearerReports{Items: []*pb.BearerReport{report("6")}}))
	f.Fuzz(func(t *testing.T, input []byte) {
		c := &counts{t: t, results: map[string]*atomic.Int32{}}
		s := &BearerStream{book: newDeliveries(newOutbox[*pb.BearerCommand](), c, strays{log: hclog.NewNullLogger()}), events: c}
		s.book.setWindow(firstWindow)
		for i := range asked {
			id := fmt.Sprint(i + 1)
			c.results[id] = &atomic.Int32{}
			s.Deliver(push.Delivery{ID: id, Timeout: time.Hour})
		}
		eachFrame(input, s.take)
		s.book.out.kill()
		s.book.end(errFuzz)
		for id, n := range c.results {
			if n.Load() != 1 {
				t.Errorf("delivery %s has %d results", id, n.Load())
			}
		}
		if c.closed != 1 || s.book.sent < 0 {
			t.Errorf("closed %d times, %d sent", c.closed, s.book.sent)
		}
	})
}
