package smsc

import (
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// The receipt of success comes behind the answer, over a bind that can take it; of a failure the answer says all.
func TestReceipts(t *testing.T) {
	for _, tt := range []struct {
		name string
		mode smpp.BindMode
	}{{"over the same bind", smpp.Transceiver}, {"over the receiver beside a transmitter", smpp.Transmitter}} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMSC(t, scripted(reply{}, reply{}, reply{status: smpp.StatusInvDstAdr}))
			s := start(t, adopting(""), m)
			receipts := make(chan *smpp.DeliverSM, 10)
			open := func(mode smpp.BindMode) *smpp.Session {
				session, err := smpp.Dial(t.Context(), s.Address(), smpp.Bind{Mode: mode, SystemID: "ppg", Password: "secret"},
					smpp.ClientConfig{Config: smpp.Config{Receive: func(r *smpp.Request) {
						receipts <- r.PDU.(*smpp.DeliverSM)
						_ = r.Answer(smpp.StatusOK, nil)
					}}})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(session.Close)
				return session
			}
			session := open(tt.mode)
			if tt.mode == smpp.Transmitter {
				open(smpp.Receiver)
				until(t, "both are bound", func() bool { return s.standing().Binds == 2 })
			}
			until(t, "the sessions are known", func() bool {
				n := 0
				s.sessions.Range(func(any, any) bool { n++; return true })
				return n == s.standing().Binds
			})
			segments := segmentsOf(number(1), 7, text("push", 200))
			segments[0].RegisteredDelivery = smpp.ReceiptAlways
			first := submit(t, session, segments[0])
			call(t, session, segments[1])
			r := receive(t, first, "an answer")
			p := receive(t, receipts, "a receipt")
			id, _ := p.TLVs.CString(smpp.TagReceiptedMessageID)
			state, _, err := p.TLVs.Uint(smpp.TagMessageState)
			if p.ESMClass != smpp.TypeSMSCReceipt || p.Source.Addr != number(1) || p.Destination.Addr != "1234" || id != r.MessageID() ||
				smpp.MessageState(state) != smpp.StateDelivered || err != nil {
				t.Errorf("%+v", p)
			}
			if text := string(p.ShortMessage); !strings.HasPrefix(text, "id:"+r.MessageID()+" sub:001 dlvrd:001 submit date:") || !strings.Contains(text, "stat:DELIVRD err:000") {
				t.Errorf("says %q", text)
			}
			single := segmentsOf(number(1), 7, text("x", 50))[0]
			single.RegisteredDelivery = smpp.ReceiptAlways
			if r := call(t, session, single); r.Status != smpp.StatusInvDstAdr {
				t.Errorf("%+v", r)
			}
			if len(receipts) != 0 {
				t.Errorf("another receipt: %+v", <-receipts)
			}
		})
	}
}
