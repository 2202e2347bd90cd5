package gtp

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	imsiHex = "0200010121436587f9"
	gsnHex  = "850004c000020a"
	euaHex  = "800006f1210a2d0007"
	apnHex  = "83000e0470757368086f70657261746f72"
	teidHex = "1111223344"
)

// message returns a message of the elements with a header that is right.
func message(t testing.TB, kind MessageType, elements string) []byte {
	t.Helper()
	b := append(appendHeader(nil, signalling(kind, 0, 0x102)), unhex(t, elements)...)
	patchLength(b)
	return b
}

func TestParseErrors(t *testing.T) {
	const notify = TypePDUNotificationRequest
	right := imsiHex + teidHex + euaHex + apnHex + gsnHex
	if _, err := Parse(message(t, notify, right)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		octets []byte
		want   ParseError // without its reason
	}{
		{"nothing", nil, ParseError{}},
		{"seven octets", unhex(t, "32010000000000"), ParseError{Offset: 7}},
		{"a header without its sequence number", unhex(t, "3201000200000000 0001"), ParseError{Message: 1, Offset: 10}},
		{"GTP'", unhex(t, "2201000400000000 00010000"), ParseError{Message: 1}},
		{
			"version 0", unhex(t, "1e100000 0007000000000000 00000000 00000000"),
			ParseError{Message: 16, Action: RefuseVersion, Cause: CauseVersionNotSupported},
		},
		{"version 2", unhex(t, "4001000400000500"), ParseError{Message: 1, Action: RefuseVersion, Cause: CauseVersionNotSupported}},
		{"Version Not Supported of version 2", unhex(t, "4003000400000500"), ParseError{Message: 3}},
		{"no sequence number", unhex(t, "3001000000000000"), ParseError{Message: 1}},
		{"an unknown message", message(t, 200, ""), ParseError{Message: 200, Offset: 1}},
		{
			"a length beyond the datagram", unhex(t, "3201000500000000 00010000"),
			ParseError{Message: 1, Offset: 2, Action: Reject, Cause: CauseInvalidMessageFormat},
		},
		{
			"a length that leaves octets", unhex(t, "3201000400000000 00010000 00"),
			ParseError{Message: 1, Offset: 2, Action: Reject, Cause: CauseInvalidMessageFormat},
		},
		{
			"an extension header to be understood", unhex(t, "3601000800000000 000100c0 01000000"),
			ParseError{Message: 1, Offset: 12, Action: Reject, Cause: CauseUnknownMandatoryExtension},
		},
		{
			"an extension header that is not there", unhex(t, "3601000400000000 00010001"),
			ParseError{Message: 1, Offset: 12, Action: Reject, Cause: CauseInvalidMessageFormat},
		},
		{
			"an extension header of no octets", unhex(t, "3601000800000000 00010001 00000000"),
			ParseError{Message: 1, Offset: 12, Action: Reject, Cause: CauseInvalidMessageFormat},
		},
		{
			"an extension header that ends behind the message", unhex(t, "3601000800000000 00010001 02000000"),
			ParseError{Message: 1, Offset: 12, Action: Reject, Cause: CauseInvalidMessageFormat},
		},
		{
			"the first mandatory element is missing", message(t, notify, teidHex+euaHex+apnHex+gsnHex),
			ParseError{notify, ElementIMSI, 12, Reject, CauseMandatoryIEMissing, ""},
		},
		{
			"the last mandatory element is missing", message(t, notify, imsiHex+teidHex+euaHex+apnHex),
			ParseError{notify, ElementGSNAddress, 52, Reject, CauseMandatoryIEMissing, ""},
		},
		{
			"out of order", message(t, notify, imsiHex+euaHex+teidHex+apnHex+gsnHex),
			ParseError{notify, ElementTEIDControl, 30, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"an unknown TV element", message(t, notify, imsiHex+"0700"+teidHex+euaHex+apnHex+gsnHex),
			ParseError{notify, 7, 21, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"an unknown TV element behind all others of a lower type", message(t, TypePDUNotificationResponse, "0180"+"4001"),
			ParseError{TypePDUNotificationResponse, 64, 14, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"a TV element that ends behind the message", message(t, notify, "02000101"),
			ParseError{notify, ElementIMSI, 12, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"a TLV element that ends behind the message", message(t, notify, imsiHex+teidHex+euaHex+apnHex+"850005c000020a"),
			ParseError{notify, ElementGSNAddress, 52, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"a TLV element without its length", message(t, notify, imsiHex+teidHex+euaHex+apnHex+"8500"),
			ParseError{notify, ElementGSNAddress, 52, Reject, CauseInvalidMessageFormat, ""},
		},
		{
			"an IMSI with a letter", message(t, notify, "02 0a010121436587f9"+teidHex+euaHex+apnHex+gsnHex),
			ParseError{notify, ElementIMSI, 12, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"an IMSI with a digit behind its end", message(t, notify, "02 000101f143658719"+teidHex+euaHex+apnHex+gsnHex),
			ParseError{notify, ElementIMSI, 12, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"an IMSI of three digits", message(t, notify, "02 00f1ffffffffffff"+teidHex+euaHex+apnHex+gsnHex),
			ParseError{notify, ElementIMSI, 12, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"an end user address of five octets", message(t, notify, imsiHex+teidHex+"800007f1210a2d000700"+apnHex+gsnHex),
			ParseError{notify, ElementEndUserAddress, 26, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"an APN whose label is longer than it", message(t, notify, imsiHex+teidHex+euaHex+"8300020361"+gsnHex),
			ParseError{notify, ElementAPN, 35, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"a GSN address of five octets", message(t, notify, imsiHex+teidHex+euaHex+apnHex+"850005c000020a00"),
			ParseError{notify, ElementGSNAddress, 52, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"NSAPI 0", message(t, TypeDeletePDPContextRequest, "1400"),
			ParseError{TypeDeletePDPContextRequest, ElementNSAPI, 12, Reject, CauseMandatoryIEIncorrect, ""},
		},
		{
			"the order explains what is missing", message(t, notify, teidHex+imsiHex+euaHex+apnHex+gsnHex),
			ParseError{notify, ElementIMSI, 17, Reject, CauseInvalidMessageFormat, ""},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(c.octets)
			var bad *ParseError
			if !errors.As(err, &bad) {
				t.Fatalf("read as %+v (%v)", p, err)
			}
			got := *bad
			if got.Reason == "" {
				t.Error("no reason")
			}
			if got.Reason = ""; got != c.want {
				t.Errorf("%v: %+v, want %+v", err, got, c.want)
			}
			if got.Action != Discard && !p.Header.Sequenced {
				t.Error("nothing to answer with")
			}
			if got.Element != 0 && !(strings.Contains(err.Error(), got.Element.String()) && strings.Contains(err.Error(), got.Message.String())) {
				t.Errorf("%v names neither message nor element", err)
			}
		})
	}
}

// What §11.1 passes over.
func TestIgnored(t *testing.T) {
	for _, c := range []struct {
		name     string
		kind     MessageType
		elements string
		want     Message
		ignored  []Ignored
	}{
		{
			"an unknown TLV element", TypePDUNotificationResponse, "0180 e1000100 ff00020001", // 225
			&PDUNotificationResponse{Cause: 128, Private: []PrivateExtension{{1, []byte{}}}}, []Ignored{{225, 14, "of an unknown type"}},
		},
		{
			"a repeated element: the first counts", TypePDUNotificationResponse, "0180 01c0",
			&PDUNotificationResponse{Cause: 128},
			[]Ignored{{ElementCause, 14, "one time too many"}},
		},
		{
			"a second NSAPI", TypeDeletePDPContextRequest, "1405 1406", &DeletePDPContextRequest{NSAPI: 5},
			[]Ignored{{ElementNSAPI, 14, "one time too many"}},
		},
		{
			"an element of another message", TypePDUNotificationResponse, "0180 0e01 850004c000020a",
			&PDUNotificationResponse{Cause: 128}, nil,
		},
		{
			"the element with one octet of length", TypePDUNotificationResponse, "0180 8d02c0c1 ff00020001",
			&PDUNotificationResponse{Cause: 128, Private: []PrivateExtension{{1, []byte{}}}}, nil,
		},
		{
			"an optional one that is incorrect", TypeNoteMSGPRSPresentResponse, "0180 ff000100", &NoteMSGPRSPresentResponse{Cause: 128},
			[]Ignored{{ElementPrivateExtension, 14, "it has no identifier"}},
		},
		{
			"a second address without a correct first", TypeUpdatePDPContextResponse, "0180 85000100 850004c000020a",
			&UpdatePDPContextResponse{Cause: 128},
			[]Ignored{{ElementGSNAddress, 14, "neither 4 nor 16 octets"}},
		},
		{
			"a national MSISDN", TypeCreatePDPContextRequest,
			"1000000201 1405 850004c0000214 850004c0000214 860007a16407123254f6 870004020b921f",
			&CreatePDPContextRequest{TEIDData: 0x201, NSAPI: 5, SGSNSignalling: testSGSN, SGSNUser: testSGSN, QoS: testQoS},
			[]Ignored{{ElementMSISDN, 33, "not a number in international form"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Parse(message(t, c.kind, c.elements))
			if err != nil || !reflect.DeepEqual(p.Message, c.want) || !reflect.DeepEqual(p.Ignored, c.ignored) {
				t.Errorf("%+v %v (%v), want %+v %v", p.Message, p.Ignored, err, c.want, c.ignored)
			}
		})
	}
}

func TestExtensionHeadersArePassedOver(t *testing.T) {
	p, err := Parse(unhex(t, "361c001200000000 00010001 01000002 020000000000 0000 0180"))
	if err != nil || !reflect.DeepEqual(p.Message, &PDUNotificationResponse{Cause: 128}) {
		t.Errorf("%+v (%v)", p, err)
	}
}

// The version that is refused still names its sequence number, so that the peer can match the answer.
func TestOtherVersions(t *testing.T) {
	for name, c := range map[string]string{
		"version 0":              "1e01 0000 0102 0000 00000000 0000000000000000",
		"version 2 without TEID": "4001 0004 00010200",
		"version 2 with TEID":    "4801 0008 00000000 00010200",
	} {
		if p, err := Parse(unhex(t, c)); err == nil || p.Header.Sequence != 0x102 {
			t.Errorf("%s: %+v (%v)", name, p.Header, err)
		}
	}
}

func TestUnsendable(t *testing.T) {
	v6 := netip.MustParseAddr("2001:db8::7")
	notify := func(change func(*PDUNotificationRequest)) Message {
		m := &PDUNotificationRequest{IMSI: testIMSI, EndUserAddress: StaticAddress(testUE), APN: "a", GGSNSignalling: testGGSN}
		change(m)
		return m
	}
	for _, c := range []struct {
		name    string
		message Message
		says    string
	}{
		{"no IMSI", notify(func(m *PDUNotificationRequest) { m.IMSI = "" }), "IMSI: it is mandatory"},
		{"IMSI of 16 digits", notify(func(m *PDUNotificationRequest) { m.IMSI += "0" }), "IMSI"},
		{"IMSI with a letter at an even place", notify(func(m *PDUNotificationRequest) { m.IMSI = "a01010" }), "IMSI"},
		{"IMSI with a letter at an odd place", notify(func(m *PDUNotificationRequest) { m.IMSI = "0a1010" }), "IMSI"},
		{"no address", notify(func(m *PDUNotificationRequest) { m.EndUserAddress = EndUserAddress{} }), "End User Address: it is mandatory"},
		{"IPv6 as IPv4", notify(func(m *PDUNotificationRequest) { m.EndUserAddress.IPv6 = v6 }), "End User Address"},
		{"IPv6 alone as IPv4", notify(func(m *PDUNotificationRequest) { m.EndUserAddress = EndUserAddress{Type: PDPIPv4, IPv4: v6} }), "End User"},
		{"no APN", notify(func(m *PDUNotificationRequest) { m.APN = "" }), "Access Point Name: it is mandatory"},
		{"empty label", notify(func(m *PDUNotificationRequest) { m.APN = "a..b" }), "Access Point Name"},
		{"label of 64", notify(func(m *PDUNotificationRequest) { m.APN = APN(strings.Repeat("a", 64)) }), "Access Point Name"},
		{"APN of 101", notify(func(m *PDUNotificationRequest) { m.APN = APN(strings.Repeat("a.", 49) + "aa") }), "100 octets"},
		{"space in APN", notify(func(m *PDUNotificationRequest) { m.APN = "a b" }), "Access Point Name"},
		{"no GGSN", notify(func(m *PDUNotificationRequest) { m.GGSNSignalling = netip.Addr{} }), "GSN Address: it is mandatory"},
		{"long PCO", notify(func(m *PDUNotificationRequest) { m.PCO = make([]byte, 252) }), "Protocol Configuration Options"},
		{"long extension", notify(func(m *PDUNotificationRequest) { m.Private = []PrivateExtension{{0, make([]byte, 65534)}} }), "Private"},
		{
			"long message",
			notify(func(m *PDUNotificationRequest) {
				m.Private = []PrivateExtension{{0, make([]byte, 40000)}, {0, make([]byte, 40000)}}
			}),
			"longer than a message",
		},
		{"long packet", &GPDU{Payload: make([]byte, 1<<16)}, "longer than a message"},
		{"no NSAPI", &DeletePDPContextRequest{}, "NSAPI"},
		{"NSAPI 16", &DeletePDPContextRequest{NSAPI: 16}, "NSAPI"},
		{"second address alone", &CreatePDPContextResponse{GGSNUser: testGGSN}, "none for signalling"},
		{"location of a PLMN of four digits", &DeletePDPContextRequest{NSAPI: 5, ULI: &ULI{PLMN: "2400"}}, "User Location"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := Append([]byte("x"), Header{}, c.message)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.message.Type().String()) && c.says[0] != 'l' {
				t.Errorf("%v, want %q", err, c.says)
			}
			if string(b) != "x" {
				t.Errorf("%d octets were appended", len(b))
			}
		})
	}
}

// What a parsed message keeps must not change when the buffer is read into again.
func TestNothingPointsIntoTheBuffer(t *testing.T) {
	for _, v := range vectors() {
		if v.header.Type == TypeGPDU {
			continue
		}
		b := unhex(t, v.hex)
		p, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		clear(b)
		if !reflect.DeepEqual(p.Message, v.message) {
			t.Errorf("%s: %+v", v.name, p.Message)
		}
	}
}

func TestEndUserAddress(t *testing.T) {
	v6 := netip.MustParseAddr("2001:db8::7")
	const v6hex = "20010db8000000000000000000000007"
	for _, c := range []struct {
		name    string
		hex     string // the value
		address EndUserAddress
		dynamic bool
	}{
		{"IPv4", "f121 0a2d0007", StaticAddress(testUE), false},
		{"IPv4 to be allocated", "f121", DynamicAddress(PDPIPv4), true},
		{"IPv6", "f157" + v6hex, StaticAddress(v6), false},
		{"IPv6 to be allocated", "f157", DynamicAddress(PDPIPv6), true},
		{"both", "f18d 0a2d0007" + v6hex, EndUserAddress{Type: PDPIPv4v6, IPv4: testUE, IPv6: v6}, false},
		{"both to be allocated", "f18d", DynamicAddress(PDPIPv4v6), true},
		{"both, IPv4 known", "f18d 0a2d0007", EndUserAddress{Type: PDPIPv4v6, IPv4: testUE}, false},
		{"both, IPv6 known", "f18d" + v6hex, EndUserAddress{Type: PDPIPv4v6, IPv6: v6}, false},
		{"PPP", "f001", EndUserAddress{Type: PDPPPP}, false},
		{"not IP", "f002", EndUserAddress{Type: PDPNonIP}, false},
		{"another", "f233 0102", EndUserAddress{Type: 0x233, Other: "\x01\x02"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			value := unhex(t, c.hex)
			got, ok := parseEndUserAddress(value)
			if !ok || got != c.address || got.Dynamic() != c.dynamic {
				t.Errorf("read as %+v (%v, dynamic %v)", got, ok, got.Dynamic())
			}
			x := &elements{encoding: true}
			x.endUserAddress(mandatory, &c.address)
			if x.err != nil || string(x.b[3:]) != string(value) {
				t.Errorf("written as %x (%v)", x.b, x.err)
			}
			if _, ok := parseEndUserAddress(append(value, 0)); ok && c.name != "another" {
				t.Error("read with an octet too many")
			}
		})
	}
}

func TestPLMN(t *testing.T) {
	for plmn, want := range map[PLMN]string{"24001": "\x42\xf0\x10", "310410": "\x13\x00\x14"} {
		b, ok := plmn.append(nil)
		back, readable := parsePLMN([]byte(want))
		if !ok || string(b) != want || !readable || back != plmn {
			t.Errorf("%s: %x, %s", plmn, b, back)
		}
	}
}

func TestMSISDN(t *testing.T) {
	for _, digits := range []push.MSISDN{"1", "4670212345", "46702123456", "123456789012345"} {
		x := &elements{encoding: true}
		x.msisdn(&digits)
		var back push.MSISDN
		if y := (&elements{b: x.b}); x.err == nil {
			y.msisdn(&back)
		}
		if back != digits {
			t.Errorf("%q became %q (%v)", digits, back, x.err)
		}
	}
}

func TestFromSGSN(t *testing.T) {
	right := UpdatePDPContextRequest{TEIDData: new(TEID(1)), NSAPI: 5, SGSNSignalling: testSGSN, SGSNUser: testSGSN, QoS: testQoS}
	if !right.FromSGSN() {
		t.Error("complete, and not from an SGSN")
	}
	for name, without := range map[string]func(*UpdatePDPContextRequest){
		"TEID":       func(m *UpdatePDPContextRequest) { m.TEIDData = nil },
		"signalling": func(m *UpdatePDPContextRequest) { m.SGSNSignalling = netip.Addr{} },
		"user":       func(m *UpdatePDPContextRequest) { m.SGSNUser = netip.Addr{} },
		"QoS":        func(m *UpdatePDPContextRequest) { m.QoS = nil },
	} {
		m := right
		if without(&m); m.FromSGSN() {
			t.Errorf("without %s it is from an SGSN", name)
		}
	}
}

func TestNames(t *testing.T) {
	for v, want := range map[string]string{
		Cause(128).String(): "request accepted", Cause(192).String(): "non-existent", Cause(229).String(): "APN congestion",
		Cause(233).String(): "relocation failure due to NAS message redirection", Cause(234).String(): "cause 234",
		Cause(211).String(): "all dynamic PDP addresses are occupied", Cause(219).String(): "missing or unknown APN",
		Cause(63).String(): "cause 63", MSNotReachableReason(13).String(): "the MS is temporarily unavailable",
		MSNotReachableReason(14).String(): "reason 14", MAPCause(27).String(): "absent subscriber", RATType(2).String(): "GERAN",
	} {
		if v != want {
			t.Errorf("%q, want %q", v, want)
		}
	}
	for c, want := range map[Cause]bool{0: false, 127: false, 128: true, 130: true, 191: true, 192: false, 255: false} {
		if c.Accepted() != want {
			t.Errorf("%d: accepted is %v", uint8(c), c.Accepted())
		}
	}
}
