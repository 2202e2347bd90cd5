package radius

import (
	"bytes"
	"errors"
	"net/netip"
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
	count := func(want int) {
		t.Helper()
		if n := len(e.answers.byKey); n != want {
			t.Errorf("%d answers are remembered, want %d", n, want)
		}
		if n := len(e.open) + len(e.failures); n != 1 {
			t.Errorf("%d are open, want the slow one", n)
		}
	}
	slow := add(0)
	first := add(1)
	end(first)
	for i := 2; i <= pageRecords; i++ {
		end(add(i))
	}
	now += rememberedFor - 1
	end(add(pageRecords + 1))
	count(pageRecords + 1)
	if x, state := e.find(first.key); state != answered || !bytes.Equal(x.answer, []byte{1}) {
		t.Errorf("the first is in state %d", state)
	}
	now++
	end(add(pageRecords + 2))
	count(2)
	if _, state := e.find(first.key); state != absent {
		t.Errorf("the first is in state %d", state)
	}
	for i := range 2 * remembered {
		end(add(i + 2*pageRecords))
	}
	if n := len(e.answers.byKey); n > remembered+pageRecords || len(e.answers.pages) > remembered/pageRecords+2 {
		t.Errorf("%d answers are remembered, on %d pages", n, len(e.answers.pages))
	}
	if _, state := e.find(slow.key); state != working || e.count() != 1 {
		t.Errorf("the slow one is in state %d, %d are working", state, e.count())
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	e := newExchanges(10)
	fail := func(x *exchange, now time.Duration) {
		if !e.begin(x, now) {
			t.Fatal("no room")
		}
		e.missing(x)
		e.add(x, 1)
		e.done(x, partHandle, nil)
		e.done(x, partTell, errors.New("the disk is full"))
	}
	once, twice := &exchange{key: exchangeKey{identifier: 1}}, &exchange{key: exchangeKey{identifier: 2}}
	fail(once, 0)
	fail(twice, 0)
	fail(twice, time.Second)
	other := &exchange{key: exchangeKey{identifier: 3}}
	e.begin(other, rememberedFor)
	for x, want := range map[*exchange]exchangeState{once: absent, twice: unfinished, other: working} {
		if _, state := e.find(x.key); state != want {
			t.Errorf("number %d is in state %d, want %d", x.key.identifier, state, want)
		}
	}
	e.begin(&exchange{key: exchangeKey{identifier: 4}}, rememberedFor+time.Second)
	if _, state := e.find(twice.key); state != absent || len(e.failures) != 0 {
		t.Errorf("the second is in state %d, %d failures", state, len(e.failures))
	}
}

// Answers leave from where they were asked, also when they are given again, whatever their lengths.
func TestAnswersAreKeptWhole(t *testing.T) {
	e := newExchanges(10)
	var all []*exchange
	for i := range 3 * pageRecords {
		from := netip.AddrPortFrom(netip.AddrFrom16([16]byte{0xfe, 0x80, 15: byte(i)}).WithZone([]string{"", "eth0", "eth1"}[i%3]), uint16(i>>8))
		x := &exchange{key: exchangeKey{from: from}, control: bytes.Repeat([]byte{byte(i)}, i%5)}
		e.begin(x, 0)
		e.missing(x)
		e.done(x, partHandle, nil)
		e.answered(x, bytes.Repeat([]byte{byte(i >> 3)}, 20+i%7))
		all = append(all, x)
	}
	for i, x := range all {
		again, state := e.find(x.key)
		if state != answered || again.key != x.key || !bytes.Equal(again.answer, x.answer) || !bytes.Equal(again.control, x.control) {
			t.Fatalf("number %d is in state %d: %+v", i, state, again)
		}
	}
}
