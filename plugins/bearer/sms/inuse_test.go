package sms

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// TestReferencesOfOthersAreNotGiven has a bearer that was just started give a whole round of references to one terminal, while
// other pushes to it wait that an earlier process began.
func TestReferencesOfOthersAreNotGiven(t *testing.T) {
	stored := token{reference: 0x2B, total: 2}
	stored.store()
	stored.stored.segments[0] = storedSegment{state: smpp.StateEnroute, id: "1"}
	single := token{reference: 0x2C, total: 1}
	single.store()
	others := [][]byte{
		token{reference: 0x2A, total: 3, through: through(1)}.octets(),
		stored.octets(),
		token{reference: 0x2D, total: 2, wide: true}.octets(),
		single.octets(), // it has none on the air
		[]byte("rubbish"),
		nil,
	}
	own := token{reference: 0x2E, total: 3}.octets()
	for _, tt := range []struct {
		name, config string
		kind         push.OutcomeKind
		token        []byte
		others       [][]byte
		never        []uint16
	}{
		{"integrated", "", push.OutcomeDelivered, nil, others, []uint16{0x2A, 0x2B, 0x2D}},
		{"receipts", "mode = \"receipts\"\nregistered_delivery = false", push.OutcomeAccepted, nil, others, []uint16{0x2A, 0x2B, 0x2D}},
		{"its own token, which does not fit any more", "", push.OutcomeDelivered, own, nil, []uint16{0x2E}},
		{"nothing waits", "", push.OutcomeDelivered, nil, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, nil)
			_, g := start(t, s, tt.config)
			given := map[uint16]bool{}
			for i := range 256 {
				d := deliveryOf(fmt.Sprint(i), number, 2)
				d.Token, d.OtherTokens = tt.token, tt.others
				g.deliver(d)
				g.want(d.ID, tt.kind)
				given[s.next().header.Concatenation.Reference.Number] = true
				s.next()
			}
			for n := range uint16(256) {
				if slices.Contains(tt.never, n) == given[n] {
					t.Errorf("reference %#x was given: %v", n, given[n])
				}
			}
		})
	}
}

// A push for which no reference is left is not sent, and not given up.
func TestEveryReferenceIsInUse(t *testing.T) {
	s := startSMSC(t, nil)
	_, g := start(t, s, "")
	var others [][]byte
	for n := range uint16(256) {
		others = append(others, token{reference: n, total: 2}.octets())
	}
	d := deliveryOf("d", number, 2)
	d.OtherTokens = others
	g.deliver(d)
	g.want("d", push.OutcomeFailedForNow)
	s.nothing()
	d.ID, d.OtherTokens = "again", others[1:]
	g.deliver(d)
	g.want("again", push.OutcomeDelivered)
	if c := s.next().header.Concatenation; c.Reference.Number != 0 {
		t.Errorf("%+v, want the only reference that nobody has", c)
	}
}
