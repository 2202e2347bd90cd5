package sms

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestReceiptOf(t *testing.T) {
	const kind = smpp.TypeSMSCReceipt
	id := smpp.TLV{Tag: smpp.TagReceiptedMessageID, Value: []byte("tlv\x00")}
	state := smpp.TLV{Tag: smpp.TagMessageState, Value: []byte{byte(smpp.StateUndeliverable)}}
	for _, tt := range []struct {
		name  string
		class smpp.ESMClass
		text  string
		tlvs  smpp.TLVs
		id    string
		state smpp.MessageState // 0: no receipt
		err   string
	}{
		{"SMPP 3.4 appendix B", kind, "id:0123456789 sub:001 dlvrd:001 submit date:0910221000 done date:0910221001 stat:DELIVRD err:000 Text:hello", nil, "0123456789", smpp.StateDelivered, "000"},
		{"small letters", kind, "ID:5 Stat:delivrd Err:0", nil, "5", smpp.StateDelivered, "0"},
		{"spaces after the colon", kind, "id: 5 sub: 001 stat: EXPIRED err: 034 text: id:6", nil, "5", smpp.StateExpired, "034"},
		{"an empty field", kind, "id:5 sub: dlvrd: stat:UNDELIV", nil, "5", smpp.StateUndeliverable, ""},
		{"a message that looks like a receipt", kind, "id:5 stat:REJECTD text:stat:DELIVRD id:7", nil, "5", smpp.StateRejected, ""},
		{"lines", kind, "id:5\r\nstat:DELIVRD", nil, "", 0, ""},
		{"parameters win", kind, "id:5 stat:DELIVRD err:1", smpp.TLVs{id, state}, "tlv", smpp.StateUndeliverable, "1"},
		{"one parameter", kind, "id:5 stat:DELIVRD", smpp.TLVs{state}, "5", smpp.StateUndeliverable, ""},
		{"parameters without a message type", 0, "", smpp.TLVs{id, state}, "tlv", smpp.StateUndeliverable, ""},
		{"text without a message type is a message", 0, "id:5 stat:DELIVRD", nil, "", 0, ""},
		{"intermediate", smpp.TypeIntermediateNotification, "id:5 stat:ENROUTE", nil, "5", smpp.StateEnroute, ""},
		{"buffered", kind, "id:5 stat:BUFFRED", nil, "5", smpp.StateAccepted, ""},
		{"a word that nobody knows", kind, "id:5 stat:PERHAPS", nil, "", 0, ""},
		{"no id", kind, "stat:DELIVRD", nil, "", 0, ""},
		{"nothing", kind, "", nil, "", 0, ""},
		{"a manual acknowledgement", smpp.TypeManualAck, "id:5 stat:DELIVRD", smpp.TLVs{id, state}, "", 0, ""},
	} {
		for name, pdu := range map[string]smpp.PDU{
			"deliver_sm": &smpp.DeliverSM{ESMClass: tt.class, ShortMessage: []byte(tt.text), TLVs: tt.tlvs},
			"data_sm":    &smpp.DataSM{ESMClass: tt.class, TLVs: append(slices.Clone(tt.tlvs), smpp.TLV{Tag: smpp.TagMessagePayload, Value: []byte(tt.text)})},
		} {
			r, ok := receiptOf(pdu)
			if ok != (tt.state != 0) || ok && (r.id != tt.id || r.state != tt.state || r.err != tt.err) {
				t.Errorf("%s in %s: %+v, %v", tt.name, name, r, ok)
			}
		}
	}
}

func FuzzReceipt(f *testing.F) {
	for _, text := range []string{"id:5 stat:DELIVRD err:000 text:x", "id: 5 stat: UNDELIV", ":::", "id:", " : id:\x00 stat:ENROUTE"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := receiptOf(&smpp.DeliverSM{ESMClass: smpp.TypeSMSCReceipt, ShortMessage: []byte(text)})
		if ok && (r.id == "" || r.state == 0 || !strings.Contains(text, r.id)) {
			t.Errorf("%q: %+v", text, r)
		}
	})
}

func TestReceiptIDs(t *testing.T) {
	for _, tt := range []struct {
		notation notation
		id       string
		want     string // the ids, the very same in front marked by "="
	}{
		{notationAuto, "1a", "=1a 26"},
		{notationAuto, "26", "=26 38 1a"},
		{notationAuto, "5", "=5"},
		{notationAuto, "00FF", "=ff 255"},
		{notationAuto, "0x1A", "=1a 26"},
		{notationAuto, "a1-b2", "=a1-b2"},
		{notationAuto, "000", "=0"},
		{notationAuto, "ffffffffffffffffffff", "=ffffffffffffffffffff 1208925819614629174706175"},
		{notationSame, "1a", "=1a"},
		{notationHexToDec, "1A", "26"},
		{notationHexToDec, "5", "5"},
		{notationHexToDec, "xyz", ""},
		{notationDecToHex, "26", "1a"},
		{notationDecToHex, "1a", ""},
		{notationAuto, " ", ""},
	} {
		ids, same := tt.notation.receiptIDs(tt.id)
		got := strings.Join(ids, " ")
		if same && got != "" {
			got = "=" + got
		}
		if got != tt.want {
			t.Errorf("%s %q: %q, want %q", notationNames[tt.notation], tt.id, got, tt.want)
		}
	}
}

// An id that is another message's in another notation finds the message of the number.
func TestFind(t *testing.T) {
	p := New()
	p.config.registered, p.config.mode = true, receipts
	deliveryTo := func(number, id string) *delivery {
		t := &delivery{progress: &progress{token: token{total: 1}, awaited: &awaited{place: -1}}}
		t.message.Terminal = number
		t.token.store()
		t.token.stored.segments[0] = storedSegment{smpp.StateEnroute, id}
		p.book.enter(t)
		return t
	}
	a, b := deliveryTo("46700000001", "10"), deliveryTo("46700000002", "16")
	for _, tt := range []struct {
		name    string
		receipt receipt
		want    *delivery
	}{
		{"the number decides", receipt{id: "16", parties: [2]string{"46700000001", ""}}, a}, // 0x10
		{"in either direction", receipt{id: "16", parties: [2]string{"1234", "+46700000002"}}, b},
		{"a number without its prefix", receipt{id: "16", parties: [2]string{"0700000001", ""}}, a},
		{"no number: the very id", receipt{id: "16", parties: [2]string{"1234", ""}}, b},
		{"another number: only the very id", receipt{id: "22", parties: [2]string{"46709999999", ""}}, nil}, // 0x16
		{"nobody's", receipt{id: "17", parties: [2]string{"46700000001", ""}}, nil},
	} {
		if e, _ := p.book.find(tt.receipt); e.delivery != tt.want {
			t.Errorf("%s: another delivery", tt.name)
		}
	}
}

func TestRelativeTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                    "000000000001000R",
		time.Minute:          "000000000100000R",
		26*time.Hour + 1e9:   "000001020001000R",
		1000 * time.Hour * 2: "000028000000000R",
	} {
		if got := relativeTime(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
