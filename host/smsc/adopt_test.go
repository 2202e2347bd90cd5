package smsc

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func adopting(more string) string { return gatewayESME("adopt = true\n" + more) }

// Segments that a gateway has cut are held until all are there, go as one transaction, and are answered with its result.
func TestAdoption(t *testing.T) {
	payload := text("push", 300)
	bySAR := func(to string, payload []byte) (list []*smpp.SubmitSM) {
		for i := range 3 {
			part := payload[i*100 : min(i*100+100, len(payload))]
			list = append(list, &smpp.SubmitSM{
				Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{Addr: to}, ShortMessage: part,
				TLVs: append(ports(), octets(smpp.TagSARMsgRefNum, 0, 9), octets(smpp.TagSARTotalSegments, 3), octets(smpp.TagSARSegmentSeqnum, byte(i+1))),
			})
		}
		return list
	}
	wide := segmentsOf(number(1), 0, payload)
	for i, p := range wide {
		p.ShortMessage = append([]byte{0x0C, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 8, 4, 1, 2, 3, byte(i + 1)}, p.ShortMessage[12:min(12+120, len(p.ShortMessage))]...)
	}
	tests := []struct {
		name     string
		segments []*smpp.SubmitSM
		order    []int
	}{
		{"in order", segmentsOf(number(1), 7, payload), []int{0, 1, 2}},
		{"out of order", segmentsOf(number(1), 7, payload), []int{2, 0, 1}},
		{"one of them twice", segmentsOf(number(1), 7, payload), []int{0, 1, 1, 2}},
		{"a 16-bit reference", wide, []int{0, 1, 2}},
		{"by parameters", bySAR(number(1), payload), []int{1, 2, 0}},
	}
	for _, tt := range tests {
		for _, status := range []smpp.Status{smpp.StatusOK, smpp.StatusDeliveryFailure} {
			t.Run(tt.name+" "+status.String(), func(t *testing.T) {
				m := newMSC(t, nil)
				s := start(t, adopting(""), m)
				session := bind(t, s, "ppg")
				var results []<-chan smpp.Result
				for n, i := range tt.order {
					if n == len(tt.order)-1 {
						m.quiet()
					}
					results = append(results, submit(t, session, tt.segments[i]))
				}
				for i := range 3 {
					r := m.next()
					p := r.PDU.(*smpp.SubmitSM)
					if _, place := referenceOf(t, r); place != byte(i+1) || p.ESMClass != smpp.ModeTransaction|smpp.FeatureUDHI {
						t.Errorf("segment %d: %+v", i+1, p)
					}
					if _, more := p.TLVs.Get(smpp.TagMoreMessagesToSend); more != (i < 2) {
						t.Errorf("segment %d: more_messages_to_send %v", i+1, more)
					}
					if i == 2 && status != smpp.StatusOK {
						m.reply(r, status, failure(2, 13))
					} else {
						m.reply(r, smpp.StatusOK, nil)
					}
				}
				for i, c := range results {
					r := receive(t, c, "an answer")
					n, _, _ := r.TLVs().NetworkError()
					if r.Status != status || status != smpp.StatusOK && n.Code != 13 {
						t.Errorf("segment %d: answered %+v", i+1, r)
					}
				}
				if got := len(m.whole()); (got == 1) != (status == smpp.StatusOK) {
					t.Errorf("the terminal has %q", m.whole())
				}
				if h := s.standing(); h.Held != 0 || len(s.account("ppg").groups) != 0 || h.Suspended != 0 {
					t.Errorf("left over: %+v, %v", h, s.account("ppg").groups)
				}
			})
		}
	}
}

// Fifty pushes of three segments, interleaved as badly as can be, over a window of 10: nothing deadlocks, and every push arrives.
func TestAdoptionWithASmallWindow(t *testing.T) {
	for _, tt := range []struct {
		name  string
		batch int // pushes whose segments are interleaved
		whole bool
	}{{"one after the other", 1, true}, {"three at a time", 3, true}, {"all at once", 50, false}} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMSC(t, delivered)
			s := start(t, adopting("adopt_timer = \"30s\"\nanswer_within = \"40s\""), m)
			session, err := smpp.Dial(t.Context(), s.Address(), smpp.Bind{Mode: smpp.Transceiver, SystemID: "ppg", Password: "secret"},
				smpp.ClientConfig{Config: smpp.Config{Window: 10}})
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			var results []<-chan smpp.Result
			var want []string
			for first := 0; first < 50; first += tt.batch {
				for place := range 3 {
					for n := first; n < min(first+tt.batch, 50); n++ {
						payload := text(fmt.Sprintf("push%d", n), 300)
						results = append(results, submit(t, session, segmentsOf(number(n), byte(n), payload)[place]))
						if place == 0 {
							want = append(want, number(n)+": "+string(payload))
						}
					}
				}
			}
			for i, c := range results {
				if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
					t.Errorf("segment %d: %+v", i, r)
				}
			}
			got := m.whole()
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d of %d pushes arrived whole", len(got), len(want))
			}
			if m.count() != 150 {
				t.Errorf("%d segments were sent, want 150", m.count())
			}
			whole := 0
			m.mu.Lock()
			for _, p := range m.segments {
				if _, more := p.TLVs.Get(smpp.TagMoreMessagesToSend); more {
					whole++
				}
			}
			m.mu.Unlock()
			if (whole == 100) != tt.whole {
				t.Errorf("%d segments went with others behind them", whole)
			}
			if a := s.account("ppg"); len(a.groups) != 0 || a.heldParts != 0 || len(a.oldest) != 0 {
				t.Errorf("left over: %v, %d held", a.groups, a.heldParts)
			}
		})
	}
}

// Segments that wait too long go singly, in their order, and those that come later too.
func TestAdoptionTimer(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, adopting("adopt_timer = \"100ms\""), m)
	session := bind(t, s, "ppg")
	segments := segmentsOf(number(1), 7, text("push", 400))
	fourth, second := submit(t, session, segments[3]), submit(t, session, segments[1])
	for i, want := range []byte{2, 4} {
		r := m.next()
		if _, place := referenceOf(t, r); place != want {
			t.Errorf("segment %d goes, want %d", place, want)
		}
		m.quiet() // one to the terminal at a time
		if i == 0 {
			m.reply(r, smpp.StatusOK, nil)
		} else {
			m.reply(r, smpp.StatusDeliveryFailure, failure(2, 13))
		}
	}
	if r := receive(t, second, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("segment 2: %+v", r)
	}
	if r := receive(t, fourth, "an answer"); r.Status != smpp.StatusDeliveryFailure {
		t.Errorf("segment 4: %+v", r)
	}
	first, third := submit(t, session, segments[0]), submit(t, session, segments[2])
	for range 2 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for _, c := range []<-chan smpp.Result{first, third} {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
	}
	if len(s.account("ppg").groups) != 0 {
		t.Error("the group is not forgotten")
	}
}

// Segments that contradict others of their message are refused; the message is not harmed.
func TestAdoptionContradictions(t *testing.T) {
	m := newMSC(t, delivered)
	s := start(t, adopting(""), m)
	session := bind(t, s, "ppg")
	payload := text("push", 200)
	segments := segmentsOf(number(1), 7, payload)
	first := submit(t, session, segments[0])
	if r := call(t, session, segmentsOf(number(1), 7, text("pusH", 200))[0]); r.Status != smpp.StatusSubmitFail {
		t.Errorf("another segment at the same place: %+v", r)
	}
	if r := call(t, session, segmentsOf(number(1), 7, text("push", 300))[1]); r.Status != smpp.StatusSubmitFail {
		t.Errorf("another total: %+v", r)
	}
	other := submit(t, session, segmentsOf(number(2), 7, payload)[0]) // the same reference to another terminal is another message
	if r := call(t, session, segments[1]); r.Outcome != smpp.Accepted {
		t.Errorf("%+v", r)
	}
	receive(t, first, "an answer")
	call(t, session, segmentsOf(number(2), 7, payload)[1])
	receive(t, other, "an answer")
	if got := m.whole(); !slices.Equal(got, []string{number(1) + ": " + string(payload), number(2) + ": " + string(payload)}) {
		t.Errorf("terminals have %q", got)
	}
}

// A gateway that adopts may submit single messages in store-and-forward mode, and segments again after it lost its link.
func TestAdoptionAroundALostLink(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, adopting("adopt_timer = \"5s\""), m)
	lost := bind(t, s, "ppg")
	payload := text("push", 300)
	segments := segmentsOf(number(1), 7, payload)
	submit(t, lost, segments[0])
	submit(t, lost, segments[1])
	until(t, "two are held", func() bool { return s.standing().Held == 2 })
	lost.Close()
	until(t, "the link is gone", func() bool { return s.standing().Binds == 0 })
	session := bind(t, s, "ppg")
	var results []<-chan smpp.Result
	for _, p := range segments {
		results = append(results, submit(t, session, p))
	}
	for range 3 {
		m.reply(m.next(), smpp.StatusOK, nil)
	}
	for _, c := range results {
		if r := receive(t, c, "an answer"); r.Outcome != smpp.Accepted {
			t.Errorf("%+v", r)
		}
	}
	m.quiet()
	single := segmentsOf(number(1), 0, text("x", 50))[0]
	single.ESMClass |= smpp.ModeStoreAndForward
	result := submit(t, session, single)
	m.reply(m.next(), smpp.StatusOK, nil)
	if r := receive(t, result, "an answer"); r.Outcome != smpp.Accepted {
		t.Errorf("a single one: %+v", r)
	}
	if a := s.account("ppg"); a.unheard != 0 || a.heldParts != 0 || len(a.groups) != 0 {
		t.Errorf("left over: %d %d %v", a.unheard, a.heldParts, a.groups)
	}
}

// Abandoned segments are not sent.
func TestAdoptionAbandoned(t *testing.T) {
	m := newMSC(t, nil)
	s := start(t, adopting("on_link_loss = \"abandon\""), m)
	session := bind(t, s, "ppg")
	submit(t, session, segmentsOf(number(1), 7, text("push", 300))[0])
	until(t, "it is held", func() bool { return s.standing().Held == 1 })
	a := s.account("ppg")
	a.mu.Lock()
	g := a.oldest[0]
	a.mu.Unlock()
	session.Close()
	until(t, "it is forgotten", func() bool { return s.standing().Held == 0 })
	if g.timer.Stop() {
		t.Error("its timer runs on")
	}
	s.waitedLong(a, g) // as if it had gone off just then
	m.quiet()
	if a.unheard != 0 || len(a.groups) != 0 {
		t.Errorf("left over: %d %v", a.unheard, a.groups)
	}
}
