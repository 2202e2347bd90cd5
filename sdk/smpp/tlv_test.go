package smpp

import (
	"bytes"
	"testing"
)

func TestTLVIntegers(t *testing.T) {
	var l TLVs
	for _, c := range []struct {
		tag   Tag
		v     uint32
		value []byte // nil: an error
	}{
		{TagSARMsgRefNum, 300, []byte{1, 44}}, // not 2c alone
		{TagSARMsgRefNum, 65535, []byte{255, 255}},
		{TagSARMsgRefNum, 65536, nil},
		{TagSARTotalSegments, 255, []byte{255}},
		{TagSARTotalSegments, 256, nil},
		{TagQoSTimeToLive, 0xFFFFFFFF, []byte{255, 255, 255, 255}},
		{TagNetworkErrorCode, 1, nil},
		{TagMessagePayload, 1, nil},
		{0x1401, 1, nil},
	} {
		before := len(l)
		err := l.AddUint(c.tag, c.v)
		if (err != nil) != (c.value == nil) {
			t.Errorf("AddUint(%v, %d): %v", c.tag, c.v, err)
		}
		if err != nil {
			if len(l) != before {
				t.Errorf("AddUint(%v, %d) added something", c.tag, c.v)
			}
			continue
		}
		if got := l[len(l)-1]; got.Tag != c.tag || !bytes.Equal(got.Value, c.value) {
			t.Errorf("AddUint(%v, %d) added %x", c.tag, c.v, got.Value)
		}
	}
	if len(l) != 4 || l[0].Tag != TagSARMsgRefNum || l[1].Tag != TagSARMsgRefNum || l[3].Tag != TagQoSTimeToLive {
		t.Errorf("order or repetition lost: %v", l)
	}
	if v, ok, err := l.Uint(TagSARMsgRefNum); v != 300 || !ok || err != nil {
		t.Errorf("Uint: %d %v %v", v, ok, err)
	}
	if _, ok, err := l.Uint(TagSetDPF); ok || err != nil {
		t.Errorf("Uint of an absent one: %v %v", ok, err)
	}
	for _, c := range []struct {
		name string
		tlv  TLV
		ok   bool
	}{
		{"two octets where one belongs", TLV{TagSetDPF, []byte{0, 1}}, false},
		{"one octet where two belong", TLV{TagDestinationPort, []byte{1}}, false},
		{"none", TLV{TagSetDPF, nil}, false},
		{"octets that are no integer", TLV{TagNetworkErrorCode, []byte{3, 0, 1}}, false},
		{"three octets of a vendor", TLV{0x1401, []byte{3, 0, 1}}, false},
		{"two octets of a vendor", TLV{0x1401, []byte{3, 0}}, true},
	} {
		if _, ok, err := (TLVs{c.tlv}).Uint(c.tlv.Tag); !ok || (err == nil) != c.ok {
			t.Errorf("%s: %v, %v", c.name, ok, err)
		}
	}
}

func TestTLVOctetsAndStrings(t *testing.T) {
	var l TLVs
	for _, c := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"network_error_code of 3", l.Add(TagNetworkErrorCode, []byte{3, 0, 27}), true},
		{"network_error_code of 2", l.Add(TagNetworkErrorCode, []byte{3, 0}), false},
		{"payload of 65535", l.Add(TagMessagePayload, make([]byte, 65535)), true},
		{"payload of 65536", l.Add(TagMessagePayload, make([]byte, 65536)), false},
		{"vendor of 65536", l.Add(0x1401, make([]byte, 65536)), false},
		{"alert_on_message_delivery of 0", l.Add(TagAlertOnMessageDelivery, nil), true},
		{"integer of the wrong size", l.Add(TagSourcePort, []byte{1}), false},
		{"text", l.AddCString(TagAdditionalStatusInfoText, "busy"), true},
		{"text with a NUL", l.AddCString(TagAdditionalStatusInfoText, "a\x00b"), false},
		{"text of 256 octets and a NUL", l.AddCString(TagAdditionalStatusInfoText, string(make([]byte, 0))+string(bytes.Repeat([]byte("a"), 256))), false},
		{"text into an integer", l.AddCString(TagSourcePort, "a"), false},
	} {
		if (c.err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
	if s, ok := l.CString(TagAdditionalStatusInfoText); s != "busy" || !ok {
		t.Errorf("text %q %v", s, ok)
	}
	if s, ok := (TLVs{{TagReceiptedMessageID, []byte("17")}}).CString(TagReceiptedMessageID); s != "17" || !ok {
		t.Errorf("text without NUL %q %v", s, ok)
	}
	if n, ok, err := l.NetworkError(); n != (NetworkError{NetworkGSM, 27}) || !ok || err != nil {
		t.Errorf("network error %v %v %v", n, ok, err)
	}
	if _, _, err := (TLVs{{TagNetworkErrorCode, []byte{3, 27}}}).NetworkError(); err == nil {
		t.Error("a network_error_code of two octets was read")
	}
}
