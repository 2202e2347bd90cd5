package smpp

import (
	"encoding/hex"
	"reflect"
	"testing"
)

// The push PDU of the first two vectors: a WSP Push with an SI.
const pushHex = "0605040b8423f0" + wspHex

const wspHex = "010601ae" + "02056a0045c60d0378797a008503656d61696c2f3132332f6162632e776d6c001103314078797a2e636f6d000" +
	"80ac3071999062515231510c304199906300103596f7520686176652034206e657720656d61696c73000101"

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustTLVs(t testing.TB, add ...func(*TLVs) error) TLVs {
	t.Helper()
	var l TLVs
	for _, f := range add {
		if err := f(&l); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func withUint(tag Tag, v uint32) func(*TLVs) error {
	return func(l *TLVs) error { return l.AddUint(tag, v) }
}

// TestGolden holds vectors that Wireshark's dissector decoded as meant (the first five), and PDUs laid out by hand from the tables of SMPP
// 3.4 §4, field by field. Both directions must agree with nothing left over.
func TestGolden(t *testing.T) {
	mobile := Address{TON: TONInternational, NPI: NPIISDN, Addr: "358401234567"}
	for _, c := range []struct {
		name   string
		hex    string
		header Header
		pdu    PDU
	}{
		{
			"submit_sm, transaction mode, UDHI, SI push",
			"00000096000000040000000000000002" + "57415000" + "00003536" + "3000" + "0101333538343031323334353637" + "00" +
				"42000100000000f50063" + pushHex,
			Header{Command: CommandSubmitSM, Sequence: 2},
			&SubmitSM{
				ServiceType: "WAP", Source: Address{Addr: "560"}, Destination: mobile, ESMClass: ModeTransaction | FeatureUDHI,
				PriorityFlag: 1, DataCoding: DataCodingWAPClass, ShortMessage: unhex(t, pushHex),
			},
		},
		{
			"data_sm, transaction mode, ports as TLVs, set_dpf, message_payload",
			"000000a5000001030000000000000003" + "57415000" + "0000353630" + "00" + "0101333538343031323334353637" + "00" + "020004" +
				"020a000223f0" + "020b00020b84" + "001700040000001e" + "0421000101" + "0424005c" + wspHex,
			Header{Command: CommandDataSM, Sequence: 3},
			&DataSM{
				ServiceType: "WAP", Source: Address{Addr: "560"}, Destination: mobile, ESMClass: ModeTransaction, DataCoding: DataCodingOctets,
				TLVs: mustTLVs(
					t, withUint(TagSourcePort, 9200), withUint(TagDestinationPort, 2948), withUint(TagQoSTimeToLive, 30), withUint(TagSetDPF, 1),
					func(l *TLVs) error { return l.Add(TagMessagePayload, unhex(t, wspHex)) },
				),
			},
		},
		{
			"data_sm_resp, 0xFE, absent subscriber",
			"0000002280000103000000fe00000003" + "00" + "0425000100" + "0423000303001b" + "0420000101",
			Header{Command: CommandDataSMResp, Status: StatusDeliveryFailure, Sequence: 3},
			&DataSMResp{TLVs: mustTLVs(
				t, withUint(TagDeliveryFailureReason, 0),
				func(l *TLVs) error { l.AddNetworkError(NetworkError{NetworkGSM, 27}); return nil },
				withUint(TagDPFResult, 1),
			)},
		},
		{
			"data_sm_resp, delivered", "00000013800001030000000000000003" + "6d3100",
			Header{Command: CommandDataSMResp, Sequence: 3},
			&DataSMResp{MessageID: "m1"},
		},
		{
			"alert_notification, available",
			"0000002a000001020000000000000009" + "010133353834303132333435363700" + "000035363000" + "0422000100",
			Header{Command: CommandAlertNotification, Sequence: 9},
			&AlertNotification{Source: mobile, ESME: Address{Addr: "560"}, TLVs: mustTLVs(t, withUint(TagMSAvailabilityStatus, 0))},
		},
		{
			"bind_transceiver", "0000001f000000090000000000000001" + "706700" + "707700" + "7600" + "34" + "0101" + "5e343600",
			Header{Command: CommandBindTransceiver, Sequence: 1},
			&Bind{Mode: Transceiver, SystemID: "pg", Password: "pw", SystemType: "v", InterfaceVersion: Version34, TON: 1, NPI: 1, AddressRange: "^46"},
		},
		{
			"bind_transmitter_resp, sc_interface_version", "00000018800000020000000000000001" + "736d00" + "0210000134",
			Header{Command: CommandBindTransmitterResp, Sequence: 1},
			&BindResp{Mode: Transmitter, SystemID: "sm", TLVs: mustTLVs(t, withUint(TagSCInterfaceVersion, 0x34))},
		},
		{
			"outbind", "000000160000000b0000000000000001" + "736d00" + "707700",
			Header{Command: CommandOutbind, Sequence: 1},
			&Outbind{SystemID: "sm", Password: "pw"},
		},
		{
			"deliver_sm, receipt", "0000002b000000050000000000000007" + "00" + "01013400" + "00003500" + "0400000000" + "0000000003" + "69643a" +
				"0427000102",
			Header{Command: CommandDeliverSM, Sequence: 7},
			&DeliverSM{
				Source: Address{1, 1, "4"}, Destination: Address{0, 0, "5"}, ESMClass: TypeSMSCReceipt, ShortMessage: []byte("id:"),
				TLVs: mustTLVs(t, withUint(TagMessageState, uint32(StateDelivered))),
			},
		},
		{
			"deliver_sm_resp", "00000011800000050000000000000007" + "00",
			Header{Command: CommandDeliverSMResp, Sequence: 7},
			&DeliverSMResp{},
		},
		{
			"query_sm", "00000016000000030000000000000004" + "6d00" + "01013400",
			Header{Command: CommandQuerySM, Sequence: 4},
			&QuerySM{MessageID: "m", Source: Address{1, 1, "4"}},
		},
		{
			"query_sm_resp with an error code", "00000025800000030000000000000004" + "6d00" + "323631313232313733303030303030" + "2b00" + "05" + "08",
			Header{Command: CommandQuerySMResp, Sequence: 4},
			&QuerySMResp{MessageID: "m", FinalDate: "261122173000000+", MessageState: StateUndeliverable, ErrorCode: 8},
		},
		{
			"cancel_sm", "0000001b000000080000000000000005" + "00" + "6d00" + "01013400" + "00003500",
			Header{Command: CommandCancelSM, Sequence: 5},
			&CancelSM{MessageID: "m", Source: Address{1, 1, "4"}, Destination: Address{0, 0, "5"}},
		},
		{
			"cancel_sm_resp", "00000010800000080000000000000005",
			Header{Command: CommandCancelSMResp, Sequence: 5},
			&CancelSMResp{},
		},
		{
			"replace_sm, no service_type", "0000001d000000070000000000000006" + "6d00" + "01013400" + "0000" + "01" + "00" + "02" + "6869",
			Header{Command: CommandReplaceSM, Sequence: 6},
			&ReplaceSM{MessageID: "m", Source: Address{1, 1, "4"}, RegisteredDelivery: ReceiptAlways, ShortMessage: []byte("hi")},
		},
		{"replace_sm_resp", "00000010800000070000000000000006", Header{Command: CommandReplaceSMResp, Sequence: 6}, &ReplaceSMResp{}},
		{"enquire_link", "00000010000000150000000000000008", Header{Command: CommandEnquireLink, Sequence: 8}, &EnquireLink{}},
		{"enquire_link_resp", "00000010800000150000000000000008", Header{Command: CommandEnquireLinkResp, Sequence: 8}, &EnquireLinkResp{}},
		{"unbind", "00000010000000060000000000000008", Header{Command: CommandUnbind, Sequence: 8}, &Unbind{}},
		{"unbind_resp", "00000010800000060000000000000008", Header{Command: CommandUnbindResp, Sequence: 8}, &UnbindResp{}},
		{"generic_nack", "00000010800000000000000300000000", Header{Command: CommandGenericNack, Status: StatusInvCmdID}, &GenericNack{}},
		{
			"submit_sm_resp with TLVs", "00000019800000040000004500000002" + "6100" + "0423000303001b",
			Header{Command: CommandSubmitSMResp, Status: StatusSubmitFail, Sequence: 2},
			&SubmitSMResp{MessageID: "a", TLVs: TLVs{{TagNetworkErrorCode, []byte{3, 0, 27}}}},
		},
		{
			"a command of SMPP 5.0 (broadcast_sm)", "00000012000001110000000000000002" + "abcd",
			Header{Command: 0x111, Sequence: 2},
			&UnknownPDU{Command: 0x111, Body: []byte{0xab, 0xcd}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			wire := unhex(t, c.hex)
			got, err := Append(nil, c.header.Status, c.header.Sequence, c.pdu)
			if err != nil {
				t.Fatal(err)
			}
			if hex.EncodeToString(got) != hex.EncodeToString(wire) {
				t.Errorf("encoded\n%x, want\n%x", got, wire)
			}
			h, p, err := Decode(wire)
			if err != nil {
				t.Fatal(err)
			}
			if h != c.header {
				t.Errorf("header %+v, want %+v", h, c.header)
			}
			if !reflect.DeepEqual(p, c.pdu) {
				t.Errorf("decoded\n%+v, want\n%+v", p, c.pdu)
			}
		})
	}
}
