package smpp

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestAppendRefusesWhatDoesNotFit(t *testing.T) {
	long := strings.Repeat("9", 66)
	for _, c := range []struct {
		name, field string
		pdu         PDU
	}{
		{"short_message of 255 octets", "short_message", &SubmitSM{ShortMessage: make([]byte, 255)}},
		{"short_message of 300 octets, whose sm_length would wrap to 44", "short_message", &SubmitSM{ShortMessage: make([]byte, 300)}},
		{"deliver_sm of 255 octets", "short_message", &DeliverSM{ShortMessage: make([]byte, 255)}},
		{"replace_sm of 255 octets", "short_message", &ReplaceSM{ShortMessage: make([]byte, 255)}},
		{"service_type of 6", "service_type", &SubmitSM{ServiceType: "123456"}},
		{"source_addr of 21", "source_addr", &SubmitSM{Source: Address{Addr: long[:21]}}},
		{"destination_addr of 21", "destination_addr", &SubmitSM{Destination: Address{Addr: long[:21]}}},
		{"data_sm destination_addr of 65", "destination_addr", &DataSM{Destination: Address{Addr: long[:65]}}},
		{"NUL inside an address", "destination_addr", &SubmitSM{Destination: Address{Addr: "46\x0070"}}},
		{"schedule_delivery_time of 17", "schedule_delivery_time", &SubmitSM{ScheduleDeliveryTime: long[:17]}},
		{"validity_period of 17", "validity_period", &SubmitSM{ValidityPeriod: long[:17]}},
		{"validity_period in deliver_sm", "validity_period", &DeliverSM{ValidityPeriod: "1"}},
		{"system_id of 16", "system_id", &Bind{Mode: Transceiver, SystemID: long[:16]}},
		{"password of 9", "password", &Bind{Mode: Transceiver, Password: long[:9]}},
		{"system_type of 13", "system_type", &Bind{Mode: Transceiver, SystemType: long[:13]}},
		{"address_range of 41", "address_range", &Bind{Mode: Transceiver, AddressRange: long[:41]}},
		{"bind without a mode", "command_id", &Bind{}},
		{"message_id of 65", "message_id", &SubmitSMResp{MessageID: long[:65]}},
		{"message_id in deliver_sm_resp", "message_id", &DeliverSMResp{MessageID: "1"}},
		{"final_date of 17", "final_date", &QuerySMResp{FinalDate: long[:17]}},
		{"TLV of 65536 octets", "message_payload", &DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 65536)}}}},
		{"vendor TLV of 65536 octets", "TLV 0x1401", &DataSM{TLVs: TLVs{{0x1401, make([]byte, 65536)}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst := []byte("kept")
			got, err := Append(dst, StatusOK, 1, c.pdu)
			var bad *EncodeError
			if !errors.As(err, &bad) || bad.Field != c.field {
				t.Errorf("error %v, want an EncodeError of %s", err, c.field)
			}
			if string(got) != "kept" {
				t.Errorf("dst became %q", got)
			}
		})
	}
	if _, err := Append(nil, StatusOK, 1, foreignPDU{}); err == nil {
		t.Error("a PDU type of somebody else was encoded")
	}
}

type foreignPDU struct{}

func (foreignPDU) CommandID() CommandID { return CommandSubmitSM }

func TestLargestFieldsRoundTrip(t *testing.T) {
	s := strings.Repeat("9", 65)
	for _, p := range []PDU{
		&SubmitSM{
			ServiceType: s[:5], Source: Address{5, 9, s[:20]}, Destination: Address{1, 1, s[:20]}, ESMClass: 0xFF, ProtocolID: 1, PriorityFlag: 2,
			ScheduleDeliveryTime: s[:16], ValidityPeriod: s[:16], RegisteredDelivery: 3, ReplaceIfPresent: 4, DataCoding: 5, SMDefaultMsgID: 6,
			ShortMessage: bytes.Repeat([]byte{0}, 254), TLVs: TLVs{{TagMessagePayload, make([]byte, 65535)}, {0x1401, nil}, {0x1401, []byte{1}}},
		},
		&DataSM{Source: Address{1, 2, s[:64]}, Destination: Address{3, 4, s[:64]}, RegisteredDelivery: 1, DataCoding: 2},
		&Bind{Mode: Receiver, SystemID: s[:15], Password: s[:8], SystemType: s[:12], InterfaceVersion: 0x50, TON: 1, NPI: 2, AddressRange: s[:40]},
		&SubmitSMResp{MessageID: s[:64]},
	} {
		b, err := Append(nil, StatusOK, MaxSequence, p)
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		want := p
		if sm, ok := p.(*SubmitSM); ok { // an empty value is an empty slice after decoding
			c := *sm
			c.TLVs = append(TLVs(nil), c.TLVs...)
			c.TLVs[1].Value = []byte{}
			want = &c
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v: not the same after the round trip", p.CommandID())
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	submit := "00000004" + "00000000" + "00000002" + "00" + "000035" + "00" + "000036" + "00" + "000000" + "0000" + "00000000"
	for _, c := range []struct {
		name, body, field string // body from the command_id on
		status            Status
	}{
		{"a header cut short", "00000004", "command_length", StatusInvCmdLen},
		{"sm_length beyond the end", submit + "05" + "0102", "sm_length", StatusInvMsgLen},
		{"no sm_length", submit, "sm_length", StatusInvMsgLen},
		{"TLV header cut short", submit + "00" + "0204", fieldTLVs, StatusInvTLVStream},
		{"TLV value cut short", submit + "00" + "02040002" + "01", fieldTLVs, StatusInvTLVStream},
		{"service_type without NUL", "00000004" + "00000000" + "00000002" + "575757575757" + "00", "service_type", StatusInvSerTyp},
		{"source_addr too long", "00000004" + "00000000" + "00000002" + "00" + "0000" + strings.Repeat("39", 21) + "00", "source_addr", StatusInvSrcAdr},
		{"destination_addr too long", "00000004" + "00000000" + "00000002" + "00" + "000000" + "0000" + strings.Repeat("39", 21) + "00", "destination_addr", StatusInvDstAdr},
		{"a submit_sm without body", "00000004" + "00000000" + "00000002", "service_type", StatusInvSerTyp},
		{"an error status does not make a request end early", "00000004" + "00000008" + "00000002", "service_type", StatusInvSerTyp},
		{"a bind that ends after the password", "00000009" + "00000000" + "00000001" + "6100" + "6200", "system_type", StatusInvSysTyp},
		{"system_id too long", "00000009" + "00000000" + "00000001" + strings.Repeat("61", 16) + "00", "system_id", StatusInvSysID},
		{"a query_sm_resp that ends after final_date", "80000003" + "00000000" + "00000001" + "6100" + "00", "message_state", StatusInvCmdLen},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := unhex(t, c.body)
			frame := append([]byte{0, 0, 0, byte(4 + len(body))}, body...)
			_, _, err := Decode(frame)
			var bad *DecodeError
			if !errors.As(err, &bad) || bad.Field != c.field || bad.Status != c.status {
				t.Errorf("error %#v, want field %s, status %v", err, c.field, c.status)
			}
		})
	}
	for _, n := range []byte{16, 18, 0} {
		if _, p, err := Decode(append([]byte{0, 0, 0, n}, unhex(t, "80000004000000000000000161")...)); err == nil || p != nil {
			t.Errorf("command_length %d of 17 octets: %v", n, p)
		}
	}
}

func TestDecodeForgives(t *testing.T) {
	for _, c := range []struct {
		name, body string // from the command_id on
		want       PDU
	}{
		{"submit_sm_resp with an error and no body", "800000040000005800000002", &SubmitSMResp{}},
		{"submit_sm_resp with an error and a body", "80000004000000580000000200", &SubmitSMResp{}},
		{"submit_sm_resp, ok, no body", "800000040000000000000002", &SubmitSMResp{}},
		{"message_id without NUL", "800000040000000000000002" + "6162", &SubmitSMResp{MessageID: "ab"}},
		{"message_id of 70 octets", "800000040000000000000002" + strings.Repeat("61", 70) + "00", &SubmitSMResp{MessageID: strings.Repeat("a", 70)}},
		{"deliver_sm_resp without message_id", "800000050000000000000002", &DeliverSMResp{}},
		{"deliver_sm_resp with a message_id", "800000050000000000000002" + "3100", &DeliverSMResp{MessageID: "1"}},
		{"bind_transceiver_resp with an error and no body", "800000090000000e00000001", &BindResp{Mode: Transceiver}},
		{"query_sm_resp without error_code", "800000030000000000000001" + "6100" + "00" + "02", &QuerySMResp{MessageID: "a", MessageState: StateDelivered}},
		{"query_sm_resp with an error that ends after message_id", "800000030000006700000001" + "6100", &QuerySMResp{MessageID: "a"}},
		{"a body after enquire_link", "000000150000000000000001" + "0000", &EnquireLink{}},
		{"a body after generic_nack", "800000000000000300000001" + "00", &GenericNack{}},
		{
			"a repeated and an unknown TLV, in their order", "800001030000000000000001" + "00" + "140100010a" + "0425000103" + "1401000114",
			&DataSMResp{TLVs: TLVs{{0x1401, []byte{10}}, {TagDeliveryFailureReason, []byte{3}}, {0x1401, []byte{20}}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := unhex(t, c.body)
			_, p, err := Decode(append([]byte{0, 0, 0, byte(4 + len(body))}, body...))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p, c.want) {
				t.Errorf("got %+v, want %+v", p, c.want)
			}
		})
	}
}

// What was read before the error is there, so that a response with a broken TLV still has its message_id.
func TestDecodeKeepsWhatItRead(t *testing.T) {
	body := unhex(t, "800000040000000000000002"+"6d3100"+"0425ffff")
	h, p, err := Decode(append([]byte{0, 0, 0, byte(4 + len(body))}, body...))
	if err == nil {
		t.Fatal("no error")
	}
	if r, ok := p.(*SubmitSMResp); !ok || r.MessageID != "m1" || h.Sequence != 2 {
		t.Errorf("got %+v, %+v", h, p)
	}
}

func TestDecodeKeepsNoReference(t *testing.T) {
	want := &SubmitSM{Source: Address{Addr: "1"}, ShortMessage: []byte("abc"), TLVs: TLVs{{0x1401, []byte("xyz")}}}
	frame, err := Append(nil, StatusOK, 1, want)
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := Decode(frame)
	if err != nil {
		t.Fatal(err)
	}
	clear(frame)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("changed with the frame: %+v", got)
	}
	// A caller that appends to the message must not write into the TLVs.
	sm := got.(*SubmitSM)
	_ = append(sm.ShortMessage, "overwritten"...)
	if v, _ := sm.TLVs.Get(0x1401); string(v) != "xyz" {
		t.Errorf("TLV became %q", v)
	}
}

func TestCommandNames(t *testing.T) {
	for c, want := range map[CommandID]string{
		CommandSubmitSM: "submit_sm", CommandSubmitSMResp: "submit_sm_resp", CommandGenericNack: "generic_nack",
		CommandBindTransceiverResp: "bind_transceiver_resp", 0x111: "command 0x00000111", 0x80000111: "command 0x80000111",
	} {
		if got := c.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(c), got, want)
		}
	}
}
