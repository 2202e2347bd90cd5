package smsc

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// FuzzSubmission reads what an ESME may send: whatever it is, it is refused, or it makes segments that a terminal can read.
func FuzzSubmission(f *testing.F) {
	seed := func(p smpp.PDU) {
		b, err := smpp.Append(nil, smpp.StatusOK, 1, p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	seed(pushTo(number(1), text("x", 300)))
	for _, p := range segmentsOf(number(1), 7, text("x", 300)) {
		seed(p)
	}
	seed(&smpp.SubmitSM{
		Destination: smpp.Address{Addr: number(1)}, ESMClass: smpp.ModeTransaction, ShortMessage: text("x", 120), ValidityPeriod: "000000000100000R",
		TLVs: append(ports(), octets(smpp.TagSARMsgRefNum, 1, 9), octets(smpp.TagSARTotalSegments, 3), octets(smpp.TagSARSegmentSeqnum, 2)),
	})
	s := newSMSC(&Config{transaction: transactionConfig{maxSegments: 10}}, nil)
	a := newAccount(esmeConfig{systemID: "ppg"}, nil)
	f.Fuzz(func(t *testing.T, frame []byte) {
		_, p, err := smpp.Decode(frame)
		if err != nil {
			return
		}
		sub := new(submission)
		var refused *refusal
		switch p := p.(type) {
		case *smpp.SubmitSM:
			refused = sub.readSubmit(p, time.Unix(1_700_000_000, 0))
		case *smpp.DataSM:
			refused = sub.readData(p)
		default:
			return
		}
		if refused != nil {
			if refused.status == smpp.StatusOK || refused.why == "" {
				t.Errorf("refused with %+v", refused)
			}
			return
		}
		tx := s.transaction(a, sub, time.Now())
		if refused := s.cut(tx, sub, nil); refused != nil {
			tx.releaseReference()
			return
		}
		defer tx.releaseReference()
		var whole []byte
		n := tx.message.Segments.Len()
		for i := range n {
			userData := tx.message.Segments.UserData(i)
			if len(userData) > 160 || tx.udhi && len(userData) > wdp.MaxUserData {
				t.Errorf("segment %d has %d octets", i+1, len(userData))
			}
			if !tx.udhi {
				continue
			}
			h, payload, err := wdp.ParseHeader(userData)
			if err != nil || n > 1 && (h.Concatenation == nil || int(h.Concatenation.Total) != n || int(h.Concatenation.Sequence) != i+1) {
				t.Errorf("segment %d of %d: %+v, %v", i+1, n, h, err)
			}
			whole = append(whole, payload...)
		}
		if tx.udhi && string(whole) != string(sub.payload) {
			t.Errorf("the segments hold % x of % x", whole, sub.payload)
		}
	})
}

// FuzzTime reads validity periods.
func FuzzTime(f *testing.F) {
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	for _, s := range []string{"000000010000000R", "261122210000000+", "261122220000004+", "261122190000004-", "991231235959948-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := untilTime(s, now); ok && d <= 0 {
			t.Errorf("%q: %v", s, d)
		}
	})
}
