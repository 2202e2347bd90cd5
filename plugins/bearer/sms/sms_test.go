package sms

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestDeliver(t *testing.T) {
	for _, tt := range []struct {
		name     string
		segments int
		config   string
		wide     bool
	}{
		{"one segment", 1, "", false},
		{"two segments", 2, "", false},
		{"three segments", 3, "", false},
		{"three segments, 16-bit references", 3, "reference_bits = 16", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMSC(t, nil)
			_, g := start(t, s, tt.config)
			d := deliveryOf("d", number, tt.segments)
			g.deliver(d)
			g.want("d", push.OutcomeDelivered)
			var subs []submission
			for i := range tt.segments {
				sub := s.next()
				subs = append(subs, sub)
				if sub.sequence() != i+1 {
					t.Errorf("segment %d at place %d", sub.sequence(), i+1)
				}
				if c := sub.header.Concatenation; (c != nil) != (tt.segments > 1) || c != nil && c.Reference.Wide != tt.wide {
					t.Errorf("concatenation %+v", c)
				}
				more, there := sub.TLVs.Get(smpp.TagMoreMessagesToSend)
				if last := i == tt.segments-1; there == last || there && !bytes.Equal(more, []byte{1}) {
					t.Errorf("segment %d: more_messages_to_send % x", i+1, more)
				}
				got := *sub.SubmitSM
				got.ShortMessage, got.TLVs = nil, nil
				if want := (smpp.SubmitSM{
					Source:      smpp.Address{TON: 1, NPI: 1, Addr: "46700000001"},
					Destination: smpp.Address{TON: 1, NPI: 1, Addr: number}, ESMClass: 0x42, DataCoding: 0xF5,
				}); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
					t.Errorf("submit_sm %+v, want %+v", got, want)
				}
			}
			s.nothing()
			p := read(t, subs...)
			if p.Confirmed || p.ContentType != d.Message.ContentType || !bytes.Equal(p.Data, d.Message.Body) {
				t.Errorf("the terminal read %+v", p)
			}
			if len(p.Headers) != 1 || p.Headers[0].Name != "X-Wap-Application-Id" {
				t.Errorf("headers on the air: %+v", p.Headers)
			}
			if got := len(g.tokens); got > 1 || tt.segments == 1 && got > 0 {
				t.Errorf("%d tokens", got)
			}
		})
	}
}
