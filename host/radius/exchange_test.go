package radius

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// The answer comes when the record is on disk: the sender repeats it until then.
func TestNothingIsAnsweredBeforeItIsStored(t *testing.T) {
	s := startServer(t, nil)
	s.directory.set(func(d *directory) { d.hold = true })
	first := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(first)
	s.client.send(first) // meanwhile
	second := s.client.request(isOn, nas)
	s.client.send(second)
	s.count("repeated", s.counters.repeated.Load, 1)
	if n := s.counters.answers.Load(); n != 0 {
		t.Fatalf("%d answers", n)
	}
	s.directory.release(t, 2)
	s.client.expect(first)
	s.client.expect(second)
	if told := s.directory.told(); len(told) != 2 {
		t.Errorf("told %q", told)
	}
}

func TestRepeatsGetTheSameAnswer(t *testing.T) {
	s := startServer(t, nil)
	b := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(b)
	answer := s.client.receive()
	for range 3 {
		s.client.send(b)
		if again := s.client.receive(); !bytes.Equal(again, answer) {
			t.Errorf("%x, then %x", answer, again)
		}
	}
	if told := s.directory.told(); len(told) != 1 {
		t.Errorf("told %q", told)
	}
	if n, taken := s.counters.repeated.Load(), s.counters.records[start].Load(); n != 3 || taken != 1 {
		t.Errorf("%d repeated, %d taken", n, taken)
	}
}

// Identifier, port, address or content of its own: another request.
func TestNotARepeat(t *testing.T) {
	s := startServer(t, nil)
	list := all([]attribute{isStart}, alice())
	s.client.send(request(t, 1, secret, list...))
	s.client.receive()
	for name, b := range map[string][]byte{
		"another identifier": request(t, 2, secret, list...),
		"the identifier with another record, used again at once": request(t, 1, secret, all([]attribute{isStop}, alice())...),
	} {
		s.directory.told()
		s.client.send(b)
		s.client.expect(b)
		if told := s.directory.told(); len(told) != 1 {
			t.Errorf("%s: told %q", name, told)
		}
	}
	other := newSender(t, s.Addr())
	b := request(t, 1, secret, list...)
	s.directory.told()
	other.send(b)
	other.expect(b)
	if told := s.directory.told(); len(told) != 1 {
		t.Errorf("another port: told %q", told)
	}
}

// What could not be stored is not answered, and a repeat is handled as if it were new.
func TestNotStored(t *testing.T) {
	s := startServer(t, nil)
	s.directory.set(func(d *directory) { d.err = errors.New("the disk is full") })
	b := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(b)
	pending := func() uint64 { return uint64(s.exchanges.count()) }
	for n := range uint64(2) {
		s.count("not stored", s.counters.notStored.Load, n+1)
		s.count("pending", pending, 0)
		if n == 0 {
			s.client.send(b)
		}
	}
	s.directory.set(func(d *directory) { d.err = nil })
	s.client.send(b)
	s.client.expect(b)
	s.count("answers", s.counters.answers.Load, 1)
	if taken := s.counters.records[start].Load(); taken != 1 {
		t.Errorf("%d taken", taken)
	}
	if told := s.directory.told(); len(told) != 3 {
		t.Errorf("told %q", told)
	}
}

func TestExchangesAreForgotten(t *testing.T) {
	e := newExchanges(10)
	now := time.Duration(0)
	add := func(i int) *exchange {
		x := &exchange{key: exchangeKey{identifier: byte(i), authenticator: [16]byte{byte(i >> 8), byte(i >> 16)}}}
		if !e.begin(x, now) {
			t.Fatal("no room")
		}
		return x
	}
	end := func(x *exchange) {
		e.missing(x)
		if !e.done(x, partHandle, nil) {
			t.Fatal("it is not to be answered")
		}
		e.answered(x, []byte{1})
	}
	slow := add(0)
	for i := 1; i <= 100; i++ {
		end(add(i))
	}
	now += rememberedFor - 1
	end(add(101))
	if n := len(e.byKey); n != 102 {
		t.Errorf("%d are remembered", n)
	}
	now++
	for i := 200; i < 240; i++ {
		end(add(i))
	}
	if n := len(e.byKey); n != 42 || len(e.oldest) != n {
		t.Errorf("%d are remembered, in order %d", n, len(e.oldest))
	}
	if _, state := e.find(slow.key); state != working {
		t.Errorf("the slow one is in state %d", state)
	}
	for i := range 2 * remembered {
		end(add(i + 1000))
	}
	if n := len(e.byKey); n > remembered+10 || len(e.oldest) != n {
		t.Errorf("%d are remembered, in order %d", n, len(e.oldest))
	}
	if _, state := e.find(slow.key); state != working || e.count() != 1 {
		t.Errorf("the slow one is in state %d, %d are working", state, e.count())
	}
}
