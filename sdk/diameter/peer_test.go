package diameter

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAnswersInAnotherOrder(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	first := ask(p, "1")
	s := h.accept()
	one := s.expect(commandUserData)
	second := ask(p, "2")
	two := s.expect(commandUserData)
	s.send(uda(two, "222"))
	if a := <-second; a.err != nil || a.data.SGSN != "222" {
		t.Errorf("the second: %+v", a)
	}
	s.send(uda(one, "111"))
	if a := <-first; a.err != nil || a.data.SGSN != "111" {
		t.Errorf("the first: %+v", a)
	}
	if got := p.Counters(); got != (Counters{Connections: 1}) {
		t.Errorf("counters %+v", got)
	}
}

func TestAnswersThatAreDropped(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	ctx, leave := context.WithCancel(context.Background())
	gone := askUntil(ctx, p, "1")
	s := h.accept()
	late := s.expect(commandUserData)
	leave()
	if a := <-gone; !errors.Is(a.err, context.Canceled) {
		t.Errorf("the one who left: %v", a.err)
	}
	kept := ask(p, "2")
	m := s.expect(commandUserData)
	otherEnd, otherCommand, otherHop := m, m, m
	otherEnd.EndToEnd++
	otherCommand.Command = commandWatchdog
	otherHop.HopByHop += 1000
	s.send(uda(late, "666"))
	for _, wrong := range []Message{otherEnd, otherCommand, otherHop} {
		s.send(uda(wrong, "666"))
	}
	s.send(uda(m, "222"))
	s.send(uda(m, "666"))
	if a := <-kept; a.err != nil || a.data.SGSN != "222" {
		t.Errorf("the question: %+v", a)
	}
	s.ping()
	if got := p.Counters(); got != (Counters{Connections: 1, Stale: 2, Foreign: 3}) {
		t.Errorf("counters %+v", got)
	}
}

func TestAnswersThatCanNotBeUsed(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	a := ask(p, "1")
	s := h.accept()
	broken, err := uda(s.expect(commandUserData), "1").Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	broken[headerSize+7]++ // the first AVP is longer than it is
	broken[headerSize+6] = 0xff
	if _, err := s.Write(broken); err != nil {
		t.Fatal(err)
	}
	if got := <-a; !errors.Is(got.err, ErrMalformed) {
		t.Errorf("lying length: %v", got.err)
	}
	for _, row := range []struct {
		name  string
		wrong func(Message) Message
		is    error
	}{
		{"another session", func(m Message) Message { m = uda(m, "1"); m.AVPs[0] = Octets(codeSessionID, "x"); return m }, ErrMalformed},
		{"no session", func(m Message) Message { m = uda(m, "1"); m.AVPs = m.AVPs[1:]; return m }, ErrMalformed},
		{"no result", func(m Message) Message { m = uda(m, "1"); m.AVPs = m.AVPs[:1]; return m }, ErrMalformed},
		{"document", func(m Message) Message { return uda(m, "x") }, ErrShData},
		{"must be understood", func(m Message) Message {
			m = uda(m, "1")
			m.AVPs = append(m.AVPs, Unsigned32(code3GPP|9999, 1))
			return m
		}, ErrUnsupported},
	} {
		a := ask(p, "1")
		s.send(row.wrong(s.expect(commandUserData)))
		if got := <-a; !errors.Is(got.err, row.is) || got.data != (ShData{}) {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
	a = ask(p, "1")
	s.send(uda(s.expect(commandUserData), "1"))
	if got := <-a; got.err != nil {
		t.Errorf("after all that: %v", got.err)
	}
}

func TestPeerRestarts(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	a := ask(p, "1")
	s := h.accept()
	s.expect(commandUserData)
	_ = s.Close()
	if got := <-a; !errors.Is(got.err, ErrLost) {
		t.Errorf("the question under way: %v", got.err)
	}
	h.epoch++
	s = h.accept()
	a = ask(p, "1")
	s.send(uda(s.expect(commandUserData), "1"))
	if got := <-a; got.err != nil {
		t.Errorf("after the restart: %v", got.err)
	}
	if got := p.Counters(); got.Restarts != 1 || got.Connections != 2 {
		t.Errorf("counters %+v", got)
	}
}

func TestStreamThatIsLost(t *testing.T) {
	for _, row := range []struct{ name, octets string }{
		{"version", "0200001400000132010000010000000100000001"},
		{"length beyond the limit", "01ffff0000000132010000010000000100000001"},
		{"length below a header", "0100000400000132010000010000000100000001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHSS(t)
			p := newPeer(t, h, nil)
			a := ask(p, "1")
			s := h.accept()
			s.expect(commandUserData)
			if _, err := s.Write(octets(t, row.octets)); err != nil {
				t.Fatal(err)
			}
			if got := <-a; !errors.Is(got.err, ErrLost) {
				t.Errorf("error %v", got.err)
			}
			if got := p.Counters().Malformed; got != 1 {
				t.Errorf("%d malformed", got)
			}
			h.accept()
		})
	}
}

func TestCapabilitiesThatAreRefused(t *testing.T) {
	other := Unsigned32(codeAuthApplicationID, 4)
	for _, row := range []struct {
		name   string
		answer func(*hss, Message) Message
		fine   bool
	}{
		{"relay", func(h *hss, m Message) Message { return h.cea(m, Unsigned32(codeAuthApplicationID, applicationRelay)) }, true},
		{"other application", func(h *hss, m Message) Message { return h.cea(m, other) }, false},
		{"nothing in common", func(h *hss, m Message) Message {
			return answered(m, Unsigned32(codeResultCode, 5010), Octets(codeOriginHost, "hss"))
		}, false},
		{"another host", func(h *hss, m Message) Message {
			m = h.cea(m, Sh().avp())
			m.AVPs[1] = Octets(codeOriginHost, "evil")
			return m
		}, false},
		{"another end-to-end identifier", func(h *hss, m Message) Message { m.EndToEnd++; return h.cea(m, Sh().avp()) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := newHSS(t)
			p := newPeer(t, h, func(c *Config) { c.PeerHost, c.LeastPause = "HSS", time.Hour })
			a := ask(p, "1")
			s := h.socket()
			s.send(row.answer(h, s.expect(commandCapabilities)))
			if row.fine {
				s.send(uda(s.expect(commandUserData), "1"))
			}
			if got := <-a; row.fine != (got.err == nil) || !row.fine && !errors.Is(got.err, ErrDown) {
				t.Errorf("error %v", got.err)
			}
			if !row.fine {
				s.expectEnd()
				if got := p.State(); got != Down {
					t.Errorf("state %s", got)
				}
			}
		})
	}
}

func TestWatchdog(t *testing.T) {
	const tw = time.Hour
	h, w := newHSS(t), &timers{}
	p := newPeer(t, h, func(c *Config) { c.Watchdog, c.AfterFunc, c.LeastPause = tw, w.after, time.Minute })
	a := ask(p, "1")
	s := h.accept()
	s.expect(commandUserData)

	w.expire(t, tw) // silence: a question
	s.send(answered(s.expect(commandWatchdog), Unsigned32(codeResultCode, ResultSuccess)))
	s.ping()
	w.expire(t, tw)
	s.expect(commandWatchdog)
	if got := p.State(); got != Okay {
		t.Errorf("after an answer: %s", got)
	}

	w.expire(t, tw) // no answer: suspect, nothing is asked any more
	if got := <-a; !errors.Is(got.err, ErrLost) {
		t.Errorf("the question under way: %v", got.err)
	}
	if got := p.State(); got != Suspect {
		t.Errorf("without an answer: %s", got)
	}
	if got := <-ask(p, "1"); !errors.Is(got.err, ErrDown) {
		t.Errorf("a question to a suspect: %v", got.err)
	}

	s.ping() // a sign of life
	if got := p.State(); got != Okay {
		t.Errorf("after a sign of life: %s", got)
	}
	w.expire(t, tw)
	until(t, "suspicion", func() bool { return p.State() == Suspect })
	w.expire(t, tw)
	s.expectEnd()
	until(t, "the end", func() bool { return p.State() == Down })
	w.expire(t, time.Minute)
	h.accept()
}

func TestPeerSaysGoodbye(t *testing.T) {
	for _, row := range []struct {
		name  string
		cause uint32
		pause time.Duration
	}{
		{"rebooting", 0, time.Minute},
		{"busy", 1, time.Hour},
		{"does not want to talk", 2, time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, w := newHSS(t), &timers{}
			p := newPeer(t, h, func(c *Config) {
				c.Watchdog, c.LeastPause, c.Rest, c.AfterFunc = 10*time.Hour, time.Minute, time.Hour, w.after
			})
			before := ask(p, "1")
			s := h.accept()
			m := s.expect(commandUserData)
			s.send(Message{
				Header: Header{Request: true, Command: commandDisconnect, HopByHop: 5, EndToEnd: 6},
				AVPs:   AVPs{Unsigned32(codeDisconnectCause, row.cause)},
			})
			if dpa := s.expect(commandDisconnect); dpa.Request || dpa.HopByHop != 5 || dpa.Failure() != nil {
				t.Errorf("answer %+v", dpa)
			}
			if got := <-ask(p, "2"); !errors.Is(got.err, ErrDown) {
				t.Errorf("a question after the goodbye: %v", got.err)
			}
			s.send(uda(m, "1"))
			if got := <-before; got.err != nil {
				t.Errorf("the question under way: %v", got.err)
			}
			_ = s.Close()
			w.expire(t, row.pause)
			h.accept()
		})
	}
}

func TestPeerThatDoesNotClose(t *testing.T) {
	h, w := newHSS(t), &timers{}
	newPeer(t, h, func(c *Config) { c.Watchdog, c.Connect, c.AfterFunc = 10*time.Hour, time.Minute, w.after })
	s := h.accept()
	s.send(Message{Header: Header{Request: true, Command: commandDisconnect}})
	s.expect(commandDisconnect)
	w.expire(t, time.Minute)
	s.expectEnd()
}

func TestWeSayGoodbye(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	s := h.accept()
	until(t, "the connection", func() bool { return p.State() == Okay })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		p.Close(context.Background())
	}()
	m := s.expect(commandDisconnect)
	if cause, ok := m.AVPs.Find(codeDisconnectCause); !ok || len(cause.Data) != 4 {
		t.Error("no cause")
	}
	s.send(answered(m, Unsigned32(codeResultCode, ResultSuccess)))
	s.expectEnd()
	<-closed
	if got := <-ask(p, "1"); !errors.Is(got.err, ErrClosed) {
		t.Errorf("a question after the end: %v", got.err)
	}
}

func TestRequestsOfThePeer(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, nil)
	s := h.accept()
	for _, row := range []struct {
		name   string
		header Header
		code   uint32
		e      bool
	}{
		{"command of Sh", Header{Request: true, Proxiable: true, Command: 309, Application: Sh().ID}, ResultCommandUnsupported, true},
		{"other application", Header{Request: true, Command: 1, Application: 4}, ResultApplicationUnsupported, true},
	} {
		s.send(Message{Header: row.header})
		m := s.expect(row.header.Command)
		if got, err := m.Result(); err != nil || got.Code != row.code || m.Error != row.e || m.Request {
			t.Errorf("%s: %+v, %v", row.name, m, err)
		}
	}
	lie := octets(t, "0100001c80000118000000000000000100000002"+"0000010840000100")
	if _, err := s.Write(lie); err != nil {
		t.Fatal(err)
	}
	if got, err := s.expect(commandWatchdog).Result(); err != nil || got.Code != ResultInvalidAVPLength {
		t.Errorf("lying length: %v, %v", got, err)
	}
	if got := p.Counters().Refused; got != 3 {
		t.Errorf("%d refused", got)
	}
}

func TestLimits(t *testing.T) {
	h := newHSS(t)
	p := newPeer(t, h, func(c *Config) { c.Outstanding, c.Answer = 1, 300*time.Millisecond })
	s := h.accept()
	a := ask(p, "1")
	s.expect(commandUserData)
	if got := <-ask(p, "2"); !errors.Is(got.err, ErrBusy) {
		t.Errorf("beyond the limit: %v", got.err)
	}
	if got := <-a; !errors.Is(got.err, ErrTimeout) {
		t.Errorf("without an answer: %v", got.err)
	}
	a = ask(p, "3")
	s.send(uda(s.expect(commandUserData), "3"))
	if got := <-a; got.err != nil {
		t.Errorf("after the time limit: %v", got.err)
	}
}

func TestConfigThatCanNotWork(t *testing.T) {
	for _, row := range []struct {
		name   string
		config Config
	}{
		{"no address", Config{Host: "a", Realm: "b"}},
		{"host with a space", Config{Address: "127.0.0.1:1", Host: "a b", Realm: "b"}},
		{"no realm", Config{Address: "127.0.0.1:1", Host: "a"}},
		{"negative time", Config{Address: "127.0.0.1:1", Host: "a", Realm: "b", Watchdog: -1}},
	} {
		if _, err := New(row.config); err == nil {
			t.Errorf("%s: no error", row.name)
		}
	}
}
