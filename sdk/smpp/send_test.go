package smpp

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

func TestResponsesAreMatched(t *testing.T) {
	s, p := dialPeer(t, Config{})
	got := make(map[string]results)
	for _, to := range []string{"1", "2", "3", "4", "5"} {
		got[to] = make(results, 1)
		got[to].send(t, s, submit(to), 0)
	}
	sequences := make(map[string]uint32)
	for range got {
		h, pdu := p.expect(CommandSubmitSM, StatusOK)
		sequences[pdu.(*SubmitSM).Destination.Addr] = h.Sequence
	}
	// Out of order; one refused with TLVs, one without a body, one by generic_nack, one accepted with a broken body.
	p.write(StatusOK, sequences["5"], &SubmitSMResp{MessageID: "five"})
	p.write(StatusDeliveryFailure, sequences["2"], &SubmitSMResp{TLVs: TLVs{{TagNetworkErrorCode, []byte{3, 0, 27}}, {TagDeliveryFailureReason, []byte{0}}}})
	p.write(StatusThrottled, sequences["1"], errorBody(CommandSubmitSM))
	p.write(StatusInvCmdID, sequences["4"], &GenericNack{})
	p.write(StatusOK, sequences["3"], &UnknownPDU{Command: CommandSubmitSMResp, Body: []byte("3\x00\x04\x25\xff")})

	if r := got["5"].next(t); r.Outcome != Accepted || r.MessageID() != "five" || r.Sequence != sequences["5"] || r.Err != nil {
		t.Errorf("5: %+v", r)
	}
	r := got["2"].next(t)
	n, _, _ := r.TLVs().NetworkError()
	if r.Outcome != Refused || r.Status != StatusDeliveryFailure || n.Code != 27 {
		t.Errorf("2: %+v", r)
	}
	if r := got["1"].next(t); r.Outcome != Refused || r.Status != StatusThrottled || r.Err != nil {
		t.Errorf("1: %+v", r)
	}
	if r := got["4"].next(t); r.Outcome != Refused || r.Status != StatusInvCmdID {
		t.Errorf("4: %+v", r)
	}
	var bad *DecodeError
	if r := got["3"].next(t); r.Outcome != Accepted || r.MessageID() != "3" || !errors.As(r.Err, &bad) {
		t.Errorf("3: %+v", r)
	}
	if st := s.Stats(); st.Outstanding != 0 || st.Stray != 0 || st.Malformed != 1 {
		t.Errorf("%+v", st)
	}
}

func TestResponsesThatAnswerNothing(t *testing.T) {
	s, p := dialPeer(t, Config{})
	first, second := make(results, 4), make(results, 4)
	first.send(t, s, submit("1"), 0)
	h, _ := p.read()
	for range 3 { // the same response three times
		p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "m"})
	}
	second.send(t, s, submit("2"), 0)
	h2, _ := p.read()
	p.write(StatusOK, h2.Sequence, &DataSMResp{MessageID: "another command"})
	p.write(StatusOK, h2.Sequence+100, &SubmitSMResp{MessageID: "another sequence"})
	p.write(StatusInvCmdID, 0, &GenericNack{})
	p.write(StatusOK, h2.Sequence, &SubmitSMResp{MessageID: "right"})
	if r := first.next(t); r.MessageID() != "m" {
		t.Errorf("%+v", r)
	}
	if r := second.next(t); r.MessageID() != "right" {
		t.Errorf("%+v", r)
	}
	if len(first)+len(second) != 0 {
		t.Error("a request had two results")
	}
	if st := s.Stats(); st.Stray != 5 {
		t.Errorf("%d strays, want 5", st.Stray)
	}
}

func TestWindowWaits(t *testing.T) {
	s, p := dialPeer(t, Config{Window: 2})
	r := make(results, 4)
	r.send(t, s, submit("1"), 0)
	r.send(t, s, submit("2"), 0)
	if err := s.TrySend(submit("3"), 0, func(Result) {}); !errors.Is(err, ErrWindowFull) {
		t.Errorf("TrySend: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if err := s.Send(ctx, submit("3"), 0, func(Result) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send: %v", err)
	}
	if res := s.Call(ctx, submit("3"), 0); res.Outcome != NeverSent {
		t.Errorf("Call: %+v", res)
	}
	sent := make(chan error, 1)
	go func() { sent <- s.Send(context.Background(), submit("3"), 0, func(res Result) { r <- res }) }()
	h, _ := p.read()
	p.write(StatusOK, h.Sequence, &SubmitSMResp{})
	if err := wait(t, sent); err != nil {
		t.Fatal(err)
	}
	p.read()
	if _, pdu := p.read(); pdu.(*SubmitSM).Destination.Addr != "3" {
		t.Errorf("got %+v", pdu)
	}
}

func TestWhatCannotBeSentTakesNoSlot(t *testing.T) {
	s, p := dialPeer(t, Config{Window: 1})
	var bad *EncodeError
	for range 3 {
		if err := s.TrySend(&SubmitSM{ShortMessage: make([]byte, 300)}, 0, nil); !errors.As(err, &bad) {
			t.Fatalf("got %v", err)
		}
		if err := s.TrySend(&DeliverSM{}, 0, nil); !errors.Is(err, ErrDirection) {
			t.Fatalf("got %v", err)
		}
	}
	r := make(results, 1)
	r.send(t, s, submit("1"), 0)
	h, _ := p.read()
	p.write(StatusOK, h.Sequence, &SubmitSMResp{})
	if res := r.next(t); res.Outcome != Accepted {
		t.Errorf("%+v", res)
	}
}

func TestTimeoutAndLateResponse(t *testing.T) {
	late := make(results, 4)
	s, p := dialPeer(t, Config{Window: 1, OnLate: func(r Result) { late <- r }})
	r := make(results, 4)
	start := time.Now()
	r.send(t, s, submit("1"), 80*time.Millisecond)
	h, _ := p.read()
	res := r.next(t)
	if res.Outcome != Unknown || !errors.Is(res.Err, ErrTimeout) || res.Sequence != h.Sequence {
		t.Fatalf("%+v", res)
	}
	if d := time.Since(start); d < 80*time.Millisecond {
		t.Errorf("timed out after %v", d)
	}
	r.send(t, s, submit("2"), 0) // the slot is free again
	h2, _ := p.read()
	p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "late"})
	p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "late and twice"})
	p.write(StatusOK, h2.Sequence, &SubmitSMResp{MessageID: "second"})
	if l := late.next(t); l.MessageID() != "late" || l.Sequence != h.Sequence || l.Outcome != Accepted {
		t.Errorf("late: %+v", l)
	}
	if res := r.next(t); res.MessageID() != "second" {
		t.Errorf("%+v", res)
	}
	if st := s.Stats(); st.Late != 1 || st.Stray != 1 {
		t.Errorf("%+v", st)
	}
}

func TestCallThatIsGivenUp(t *testing.T) {
	late := make(results, 1)
	s, p := dialPeer(t, Config{OnLate: func(r Result) { late <- r }})
	ctx, cancel := context.WithCancel(context.Background())
	called := make(results, 1)
	go func() { called <- s.Call(ctx, submit("1"), 0) }()
	h, _ := p.read()
	cancel()
	if r := called.next(t); r.Outcome != Unknown || !errors.Is(r.Err, context.Canceled) || r.Sequence != h.Sequence {
		t.Errorf("%+v", r)
	}
	p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "m"})
	if l := late.next(t); l.Sequence != h.Sequence || l.MessageID() != "m" {
		t.Errorf("%+v", l)
	}
}

// A session has as many goroutines with 20,000 requests outstanding as with none.
func TestNoGoroutinePerRequest(t *testing.T) {
	const n = 20_000
	s, p := dialPeer(t, Config{Window: n})
	before := runtime.NumGoroutine()
	var results atomic.Int32
	go func() { // the peer reads and never answers
		_ = p.conn.SetReadDeadline(time.Now().Add(patience))
		for range n {
			if _, err := p.frames.next(); err != nil {
				return
			}
		}
	}()
	for i := range n {
		if err := s.TrySend(submit(strconv.Itoa(i)), 0, func(Result) { results.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Stats(); st.Outstanding != n {
		t.Errorf("%d outstanding", st.Outstanding)
	}
	if now := runtime.NumGoroutine(); now > before+2 { // the peer's own
		t.Errorf("%d goroutines, %d before", now, before)
	}
	s.Close()
	wait(t, s.Done())
	if results.Load() != n {
		t.Errorf("%d results at the end, want %d", results.Load(), n)
	}
}

func TestNackIsARefusalWhateverItsStatus(t *testing.T) {
	s, p := dialPeer(t, Config{})
	r := make(results, 1)
	r.send(t, s, submit("1"), 0)
	h, _ := p.read()
	p.write(StatusOK, h.Sequence, &GenericNack{})
	if res := r.next(t); res.Outcome != Refused {
		t.Errorf("%+v", res)
	}
}
