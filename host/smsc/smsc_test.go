package smsc

import (
	"slices"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Segments of one push go one after the other, with more_messages_to_send on all but the last, and only the last answer is the
// answer to the submission.
func TestWholePush(t *testing.T) {
	payload := text("push", 300)
	tests := []struct {
		name string
		pdu  smpp.PDU
	}{
		{"data_sm, ports by parameters", pushTo(number(1), payload)},
		{"submit_sm with message_payload and ports", &smpp.SubmitSM{
			Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction,
			DataCoding: smpp.DataCodingWAPClass, TLVs: append(ports(), smpp.TLV{Tag: smpp.TagMessagePayload, Value: payload}),
		}},
		{"submit_sm with message_payload and a header", &smpp.SubmitSM{
			Source: smpp.Address{Addr: "1234"}, Destination: smpp.Address{Addr: number(1)},
			ESMClass: smpp.ModeTransaction | smpp.FeatureUDHI, DataCoding: smpp.DataCodingWAPClass,
			TLVs: smpp.TLVs{{Tag: smpp.TagMessagePayload, Value: append([]byte{6, 5, 4, 0x0B, 0x84, 0x23, 0xF0}, payload...)}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMSC(t, nil)
			session := bind(t, start(t, gatewayESME(""), m), "ppg")
			result := submit(t, session, tt.pdu)
			for i := range 3 {
				r := m.next()
				p := r.PDU.(*smpp.SubmitSM)
				if p.ESMClass != smpp.ModeTransaction|smpp.FeatureUDHI || p.DataCoding != smpp.DataCodingWAPClass || p.Source.Addr != "1234" {
					t.Errorf("segment %d: %+v", i+1, p)
				}
				more, _ := p.TLVs.Get(smpp.TagMoreMessagesToSend)
				if want := i < 2; (len(more) == 1 && more[0] == 1) != want {
					t.Errorf("segment %d: more_messages_to_send % x", i+1, more)
				}
				m.quiet() // the next one waits for the answer
				if len(result) > 0 {
					t.Fatal("answered before the last segment")
				}
				m.reply(r, smpp.StatusOK, nil)
			}
			r := receive(t, result, "the answer")
			if r.Outcome != smpp.Accepted || r.MessageID() == "" {
				t.Errorf("answered %+v", r)
			}
			if got := m.whole(); !slices.Equal(got, []string{number(1) + ": " + string(payload)}) {
				t.Errorf("the terminal has %q", got)
			}
		})
	}
}
