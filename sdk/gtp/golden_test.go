package gtp

import (
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A vector is a message and its octets.
type vector struct {
	name    string
	hex     string
	header  Header
	message Message
}

const testIMSI = "001010123456789"

var (
	testGGSN = netip.MustParseAddr("192.0.2.10")
	testSGSN = netip.MustParseAddr("192.0.2.20")
	testUE   = netip.MustParseAddr("10.45.0.7")
	testQoS  = []byte{0x02, 0x0b, 0x92, 0x1f}
)

// A packet of UDP with one octet, to a port that no dissector claims.
const packetHex = "4500001d00004000401126a90a2e00010a2d0007303930390009 00002a"

var packetOctets = []byte{
	0x45, 0, 0, 0x1d, 0, 0, 0x40, 0, 0x40, 0x11, 0x26, 0xa9, 10, 0x2e, 0, 1, 10, 0x2d, 0, 7, 0x30, 0x39, 0x30, 0x39, 0, 9, 0, 0, 0x2a,
}

func signalling(t MessageType, teid TEID, sequence uint16) Header {
	return Header{Type: t, TEID: teid, Sequence: sequence, Sequenced: true}
}

// vectors were decoded by tshark 4.0 (UDP ports 2123 and 2152), each field compared by hand with the message beside it, without
// "Malformed" or another expert note. Those of the notification and of location management are also the work of another encoder, with
// which the dissector was tried before this package was there.
func vectors() []vector {
	return []vector{
		{"echo request", "3201000400000000 06010000", signalling(TypeEchoRequest, 0, 0x601), &EchoRequest{}},
		{"echo response", "3202000600000000 06010000 0e07", signalling(TypeEchoResponse, 0, 0x601), &EchoResponse{Recovery: 7}},
		{"version not supported", "3203000400000000 00010000", signalling(TypeVersionNotSupported, 0, 1), &VersionNotSupported{}},
		{
			"PDU notification request", "321b003300000000 01010000 0200010121436587f9 1111223344 800006f1210a2d0007" +
				"83000e0470757368086f70657261746f72 850004c000020a",
			signalling(TypePDUNotificationRequest, 0, 0x101),
			&PDUNotificationRequest{
				IMSI: testIMSI, TEIDControl: 0x11223344, EndUserAddress: StaticAddress(testUE), APN: "push.operator",
				GGSNSignalling: testGGSN,
			},
		},
		{
			"PDU notification request, address left blank, an indication", "321b003b00000000 01010000 0200010121436587f9 1111223344 800002f121" +
				"83000e0470757368086f70657261746f72 840001 80 850004c000020a ff0005 ffff 010203",
			signalling(TypePDUNotificationRequest, 0, 0x101),
			&PDUNotificationRequest{
				IMSI: testIMSI, TEIDControl: 0x11223344, EndUserAddress: DynamicAddress(PDPIPv4), APN: "push.operator",
				PCO: []byte{0x80}, GGSNSignalling: testGGSN, Private: []PrivateExtension{{0xFFFF, []byte{1, 2, 3}}},
			},
		},
		{
			"PDU notification response", "321c000611223344 01010000 0180", signalling(TypePDUNotificationResponse, 0x11223344, 0x101),
			&PDUNotificationResponse{Cause: CauseRequestAccepted},
		},
		{
			"PDU notification reject request", "321d002511223344 02020000 01c4 1155667788 800006f1210a2d0007 83000e0470757368086f70657261746f72",
			signalling(TypePDUNotificationRejectRequest, 0x11223344, 0x202),
			&PDUNotificationRejectRequest{
				Cause: CauseMSNotResponding, TEIDControl: 0x55667788, EndUserAddress: StaticAddress(testUE), APN: "push.operator",
			},
		},
		{
			"PDU notification reject response", "321e000655667788 02020000 0180",
			signalling(TypePDUNotificationRejectResponse, 0x55667788, 0x202), &PDUNotificationRejectResponse{Cause: CauseRequestAccepted},
		},
		{
			"send routeing information request", "3220000d00000000 03010000 0200010121436587f9",
			signalling(TypeSendRouteingInfoRequest, 0, 0x301), &SendRouteingInfoRequest{IMSI: testIMSI},
		},
		{
			"send routeing information response with SGSN", "3221001600000000 03010000 0180 0200010121436587f9 850004c0000214",
			signalling(TypeSendRouteingInfoResponse, 0, 0x301),
			&SendRouteingInfoResponse{Cause: CauseRequestAccepted, IMSI: testIMSI, GSNAddress: testSGSN},
		},
		{
			"send routeing information response with reason", "3221001100000000 03020000 0180 0200010121436587f9 1d06",
			signalling(TypeSendRouteingInfoResponse, 0, 0x302),
			&SendRouteingInfoResponse{Cause: CauseRequestAccepted, IMSI: testIMSI, MSNotReachableReason: new(MSNotReachableReason(6))},
		},
		{
			"send routeing information response with MAP cause", "3221001100000000 03030000 01c2 0200010121436587f9 0b01",
			signalling(TypeSendRouteingInfoResponse, 0, 0x303),
			&SendRouteingInfoResponse{Cause: CauseIMSINotKnown, IMSI: testIMSI, MAPCause: new(MAPCause(1))},
		},
		{
			"send routeing information request with an access point", "3220002100000000 03040000 0200010121436587f9" +
				"ff0011 7ed9 010d0470757368076578616d706c65",
			signalling(TypeSendRouteingInfoRequest, 0, 0x304),
			&SendRouteingInfoRequest{
				IMSI: testIMSI, Private: []PrivateExtension{{APNExtensionID, []byte("\x01\x0d\x04push\x07example")}},
			},
		},
		{
			"send routeing information response with SGSN and GGSN", "3221003000000000 03040000 0180 0200010121436587f9 850004c0000214" +
				"ff0017 7ed9 010d0470757368076578616d706c65 0204c000020a",
			signalling(TypeSendRouteingInfoResponse, 0, 0x304),
			&SendRouteingInfoResponse{
				Cause: CauseRequestAccepted, IMSI: testIMSI, GSNAddress: testSGSN,
				Private: []PrivateExtension{{APNExtensionID, []byte("\x01\x0d\x04push\x07example\x02\x04\xc0\x00\x02\x0a")}},
			},
		},
		{
			"failure report request", "3222000d00000000 04010000 0200010121436587f9",
			signalling(TypeFailureReportRequest, 0, 0x401), &FailureReportRequest{IMSI: testIMSI},
		},
		{
			"failure report response", "3223000800000000 04010000 01cc 0b22",
			signalling(TypeFailureReportResponse, 0, 0x401), &FailureReportResponse{Cause: CauseSystemFailure, MAPCause: new(MAPCause(34))},
		},
		{
			"note MS GPRS present request", "3224001400000000 05010000 0200010121436587f9 850004c0000214",
			signalling(TypeNoteMSGPRSPresentRequest, 0, 0x501), &NoteMSGPRSPresentRequest{IMSI: testIMSI, GSNAddress: testSGSN},
		},
		{
			"note MS GPRS present response", "3225000600000000 05010000 0180",
			signalling(TypeNoteMSGPRSPresentResponse, 0, 0x501), &NoteMSGPRSPresentResponse{Cause: CauseRequestAccepted},
		},
		{
			"create PDP context request", "3210007a00000000 00010000 0200010121436587f9 0342f0101234 05 0e03 0ffc 1000000201 1100000202 1405" +
				"1a0800 800002f121 83000e0470757368086f70657261746f72 84000180 850004c0000214 850004c0000214 860007916407123254f6" +
				"870004020b921f 97000102 9800080042f01012340056 9a00085389015032547600",
			signalling(TypeCreatePDPContextRequest, 0, 1),
			&CreatePDPContextRequest{
				IMSI: testIMSI, RAI: &RAI{"24001", 0x1234, 5}, Recovery: new(uint8(3)), SelectionMode: new(SelectionVerified),
				TEIDData: 0x201, TEIDControl: new(TEID(0x202)), NSAPI: 5, ChargingCharacteristics: new(uint16(0x800)),
				EndUserAddress: DynamicAddress(PDPIPv4), APN: "push.operator", PCO: []byte{0x80}, SGSNSignalling: testSGSN, SGSNUser: testSGSN,
				MSISDN: "46702123456", QoS: testQoS, RATType: 2, ULI: &ULI{LocationCGI, "24001", 0x1234, 0x56},
				IMEISV: "3598100523456700",
			},
		},
		{
			"create PDP context response", "3211003b00000202 00010000 0180 08fe 0e07 1000000101 1100000102 7f00000033 800006f1210a2d0007" +
				"84000180 850004c000020a 850004c000020a 870004020b921f",
			signalling(TypeCreatePDPContextResponse, 0x202, 1),
			&CreatePDPContextResponse{
				Cause: CauseRequestAccepted, ReorderingRequired: new(false), Recovery: new(uint8(7)), TEIDData: new(TEID(0x101)),
				TEIDControl: new(TEID(0x102)), ChargingID: new(uint32(0x33)), EndUserAddress: StaticAddress(testUE), PCO: []byte{0x80},
				GGSNSignalling: testGGSN, GGSNUser: testGGSN, QoS: testQoS,
			},
		},
		{
			"create PDP context response, refused", "3211000600000202 00010000 01db", signalling(TypeCreatePDPContextResponse, 0x202, 1),
			&CreatePDPContextResponse{Cause: CauseMissingOrUnknownAPN},
		},
		{
			"update PDP context request", "3212002b00000102 00020000 0e03 1000000203 1100000202 1405 850004c0000214 850004c0000214 870004020b921f" +
				"97000101",
			signalling(TypeUpdatePDPContextRequest, 0x102, 2),
			&UpdatePDPContextRequest{
				Recovery: new(uint8(3)), TEIDData: new(TEID(0x203)), TEIDControl: new(TEID(0x202)), NSAPI: 5, SGSNSignalling: testSGSN,
				SGSNUser: testSGSN, QoS: testQoS, RATType: 1,
			},
		},
		{
			"update PDP context request from a GGSN", "3212000f00000202 00020000 1405 800006f1210a2d0007", signalling(TypeUpdatePDPContextRequest, 0x202, 2),
			&UpdatePDPContextRequest{NSAPI: 5, EndUserAddress: StaticAddress(testUE)},
		},
		{
			"update PDP context response", "3213002c00000202 00020000 0180 0e07 1000000101 1100000102 7f00000033 850004c000020a 850004c000020a" +
				"870004020b921f",
			signalling(TypeUpdatePDPContextResponse, 0x202, 2),
			&UpdatePDPContextResponse{
				Cause: CauseRequestAccepted, Recovery: new(uint8(7)), TEIDData: new(TEID(0x101)), TEIDControl: new(TEID(0x102)),
				ChargingID: new(uint32(0x33)), GSNSignalling: testGGSN, GSNUser: testGGSN, QoS: testQoS,
			},
		},
		{
			"delete PDP context request", "3214000800000102 00030000 13ff 1405", signalling(TypeDeletePDPContextRequest, 0x102, 3),
			&DeletePDPContextRequest{Teardown: new(true), NSAPI: 5},
		},
		{
			"delete PDP context response", "3215000600000202 00030000 01c0", signalling(TypeDeletePDPContextResponse, 0x202, 3),
			&DeletePDPContextResponse{Cause: CauseNonExistent},
		},
		{
			"error indication", "321a001000000000 00000000 1000000101 850004c000020a", signalling(TypeErrorIndication, 0, 0),
			&ErrorIndication{TEIDData: 0x101, Address: testGGSN},
		},
		{
			"G-PDU", "30ff001d00000201 " + packetHex, Header{Type: TypeGPDU, TEID: 0x201}, &GPDU{Payload: packetOctets},
		},
		{
			"G-PDU with sequence number", "32ff002100000201 00090000 " + packetHex, signalling(TypeGPDU, 0x201, 9),
			&GPDU{Payload: packetOctets},
		},
	}
}

func TestGolden(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			want := unhex(t, v.hex)
			got, err := Append([]byte("before"), v.header, v.message)
			if err != nil || string(got) != "before"+string(want) {
				t.Errorf("written as %x (%v), want %x", got[min(6, len(got)):], err, want)
			}
			p, err := Parse(want)
			if err != nil || p.Header != v.header || !reflect.DeepEqual(p.Message, v.message) || p.Ignored != nil {
				t.Errorf("read as %+v %+v %v (%v), want %+v %+v", p.Header, p.Message, p.Ignored, err, v.header, v.message)
			}
		})
	}
}

// Every message of the package has a vector, and its own number.
func TestGoldenComplete(t *testing.T) {
	seen := make(map[MessageType]bool)
	for _, v := range vectors() {
		seen[v.message.Type()] = true
		if v.message.Type() != v.header.Type {
			t.Errorf("%s: its type is %v", v.name, v.message.Type())
		}
	}
	for kind := range 256 {
		kind := MessageType(kind)
		known := kind == TypeGPDU || kind.newMessage() != nil
		if known != seen[kind] {
			t.Errorf("%v: known is %v, and a vector there is %v", kind, known, seen[kind])
		}
		if known == strings.HasPrefix(kind.String(), "message type") {
			t.Errorf("%v: known is %v", kind, known)
		}
		if kind != TypeGPDU && known && kind.newMessage().Type() != kind {
			t.Errorf("%v makes a %v", kind, kind.newMessage().Type())
		}
	}
}
