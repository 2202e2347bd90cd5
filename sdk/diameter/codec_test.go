package diameter

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func octets(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGoldenMessages(t *testing.T) {
	answer := Header{Proxiable: true, Command: 306, Application: 16777217, HopByHop: 4, EndToEnd: 0x10000004}
	question, refusal := answer, answer
	question.Request, refusal.Error = true, true
	uda := goldenUDAHead + hex.EncodeToString([]byte(goldenDocument))
	for _, row := range []struct {
		name, octets string
		header       Header
		avps         int
	}{
		{"CER", goldenCER, Header{Request: true, Command: 257, HopByHop: 1, EndToEnd: 0x10000001}, 7},
		{"CEA", goldenCEA, Header{Command: 257, HopByHop: 1, EndToEnd: 0x10000001}, 8},
		{"DWR", goldenDWR, Header{Request: true, Command: 280, HopByHop: 2, EndToEnd: 0x10000002}, 2},
		{"UDR", goldenUDR, question, 0},
		{"UDA", uda, answer, 7},
		{"UDA unknown user", goldenUDAUnknown, answer, 6},
		{"UDA of a relay", goldenUDARelay, refusal, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := octets(t, row.octets)
			m, err := Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if m.Header != row.header {
				t.Errorf("header %+v, want %+v", m.Header, row.header)
			}
			if row.avps != 0 && len(m.AVPs) != row.avps {
				t.Errorf("%d AVPs, want %d", len(m.AVPs), row.avps)
			}
			got, err := m.Append(nil)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("encoded again %x, %v", got, err)
			}
		})
	}
}

// The question that this package writes is, but for the order and the identifiers, the one that was checked.
func TestUserDataRequestIsGolden(t *testing.T) {
	p := &Peer{config: Config{Host: "push.operator.example", Realm: "operator.example", Application: Sh()}, ids: newIdentifiers(t0())}
	q := UserDataRequest{MSISDN: "358401234567", Realm: "operator.example", UserState: true}
	got, err := q.avps(p)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := Decode(octets(t, goldenUDR))
	if err != nil {
		t.Fatal(err)
	}
	const servingNodeIndication, udrFlags = code3GPP | 714, code3GPP | 719 // in the vector, not in ours
	for _, want := range golden.AVPs {
		if want.Code == codeSessionID || want.Code == servingNodeIndication || want.Code == udrFlags {
			continue
		}
		found := false
		for _, have := range got {
			found = found || bytes.Equal(AVPs{have}.Append(nil), AVPs{want}.Append(nil))
		}
		if !found {
			t.Errorf("%s %x is not in the question", want.Code, want.Data)
		}
	}
	if got[0].Code != codeSessionID || !strings.HasPrefix(string(got[0].Data), "push.operator.example;") {
		t.Errorf("the question begins with %s %q", got[0].Code, got[0].Data)
	}
}

func TestCapabilitiesAreGolden(t *testing.T) {
	p := &Peer{config: Config{Host: "push.operator.example", Realm: "operator.example", Application: Sh(), Product: "push"}, started: 1}
	m := p.capabilities(tcpAddress("192.0.2.10:40000"))
	golden, err := Decode(octets(t, goldenCER))
	if err != nil {
		t.Fatal(err)
	}
	var ours AVPs
	for _, a := range m.AVPs {
		if a.Code != codeOriginStateID { // the vector has none
			ours = append(ours, a)
		}
	}
	if got, want := ours.Append(nil), golden.AVPs.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("got\n%x, want\n%x", got, want)
	}
}

func TestAddressAVP(t *testing.T) {
	for _, row := range []struct{ name, address, octets string }{
		{"IPv4", "192.0.2.10", "0001c000020a"},
		{"IPv4 in IPv6", "::ffff:192.0.2.10", "0001c000020a"},
		{"IPv6", "2001:db8::1", "000220010db8000000000000000000000001"},
	} {
		if got := Address(codeHostIPAddress, netip.MustParseAddr(row.address)).Data; !bytes.Equal(got, octets(t, row.octets)) {
			t.Errorf("%s: %x", row.name, got)
		}
	}
}

func TestLyingLengths(t *testing.T) {
	const avp = "0000010b4000000c00000001" // Firmware-Revision, 12 octets
	for _, row := range []struct{ name, octets string }{
		{"header cut short", "01000014800001180000000000000001000000"},
		{"version 2", "0200001480000118000000000000000100000002"},
		{"shorter than a header", "0100001080000118000000000000000100000002"},
		{"not a multiple of four", "0100001580000118000000000000000100000002" + "00"},
		{"longer than it is", "0100002080000118000000000000000100000002"},
		{"shorter than it is", "0100001480000118000000000000000100000002" + avp},
		{"AVP shorter than its header", "0100002080000118000000000000000100000002" + "0000010b4000000700000001"},
		{"AVP with a vendor shorter than that", "0100002080000118000000000000000100000002" + "0000010bc000000b00000001"},
		{"AVP longer than the message", "0100002080000118000000000000000100000002" + "0000010b4000000d00000001"},
		{"AVP of 16 MiB", "0100002080000118000000000000000100000002" + "0000010b40ffffff00000001"},
		{"half an AVP header", "0100001880000118000000000000000100000002" + "0000010b"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := Decode(octets(t, row.octets)); !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := ParseAVPs(octets(t, "0000010b4000000900000001")[:9]); !errors.Is(err, ErrMalformed) {
		t.Errorf("padding cut off: error %v", err)
	}
}

func TestReadLimit(t *testing.T) {
	m := octets(t, goldenUDR)
	if _, err := Read(bytes.NewReader(m), len(m)-1); !errors.Is(err, ErrMalformed) {
		t.Errorf("beyond the limit: error %v", err)
	}
	if _, err := Read(bytes.NewReader(m), len(m)); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestGroupsInGroups(t *testing.T) {
	nest := func(n int) AVPs {
		inner := Octets(codeUserName, "x")
		for range n {
			inner = Grouped(codeFailedAVP, inner)
		}
		avps, err := ParseAVPs(AVPs{inner}.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		return avps
	}
	descend := func(avps AVPs) (err error) {
		for err == nil && avps[0].Code == codeFailedAVP {
			avps, err = avps[0].Group()
		}
		return err
	}
	if err := descend(nest(maxDepth)); err != nil {
		t.Errorf("%d deep: %v", maxDepth, err)
	}
	if err := descend(nest(maxDepth + 1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("%d deep: error %v", maxDepth+1, err)
	}
}

func TestTooLongToSend(t *testing.T) {
	if _, err := (Message{AVPs: AVPs{Octets(codeUserName, make([]byte, 1<<24))}}).Append(nil); err == nil {
		t.Error("an AVP of 16 MiB was encoded")
	}
	half := Octets(codeUserName, make([]byte, 1<<23))
	if _, err := (Message{AVPs: AVPs{half, half}}).Append(nil); err == nil {
		t.Error("a message of 16 MiB was encoded")
	}
}

func TestFailure(t *testing.T) {
	experimental := func(avps ...AVP) Message { return Message{AVPs: AVPs{Grouped(codeExperimentalResult, avps...)}} }
	vendor, code := Unsigned32(codeVendorID, Vendor3GPP), Unsigned32(codeExperimentalResultCode, 5001)
	success := Unsigned32(codeResultCode, ResultSuccess)
	foreign := Unsigned32(code3GPP|9999, 1)
	relayed := Octets(codeRouteRecord, "a")
	optional := foreign
	optional.Mandatory = false
	for _, row := range []struct {
		name   string
		m      Message
		result Result // that a ResultError must have
		is     error
	}{
		{"success", Message{AVPs: AVPs{success}}, Result{}, nil},
		{"route record and proxy info of a relay", Message{AVPs: AVPs{success, relayed, Octets(codeProxyInfo, "")}}, Result{}, nil},
		{"unknown, may be ignored", Message{AVPs: AVPs{success, optional}}, Result{}, nil},
		{"unknown, must be understood", Message{AVPs: AVPs{success, foreign}}, Result{}, ErrUnsupported},
		{"5001 of the base protocol", Message{AVPs: AVPs{Unsigned32(codeResultCode, 5001)}}, Result{Code: 5001}, nil},
		{"5001 of 3GPP", experimental(vendor, code), Result{Experimental: true, Vendor: Vendor3GPP, Code: 5001}, nil},
		{"a class that nobody knows", Message{AVPs: AVPs{Unsigned32(codeResultCode, 7001)}}, Result{Code: 7001}, nil},
		{"3002 with E", Message{Header: Header{Error: true}, AVPs: AVPs{Unsigned32(codeResultCode, 3002)}}, Result{Code: 3002}, nil},
		{"success with E", Message{Header: Header{Error: true}, AVPs: AVPs{success}}, Result{}, ErrMalformed},
		{"no result", Message{}, Result{}, ErrMalformed},
		{"result of three octets", Message{AVPs: AVPs{Octets(codeResultCode, "abc")}}, Result{}, ErrMalformed},
		{"experimental without a vendor", experimental(code), Result{}, ErrMalformed},
		{"experimental without a code", experimental(vendor), Result{}, ErrMalformed},
		{"experimental with what must be understood", experimental(vendor, code, foreign), Result{}, ErrUnsupported},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.m.Failure()
			var said *ResultError
			switch {
			case row.result != (Result{}):
				if !errors.As(err, &said) || said.Result != row.result {
					t.Errorf("error %v", err)
				}
			case row.is == nil && err != nil, row.is != nil && !errors.Is(err, row.is):
				t.Errorf("error %v, want %v", err, row.is)
			}
		})
	}
}

func TestGoldenResults(t *testing.T) {
	for _, row := range []struct {
		name, octets string
		result       Result
	}{
		{"unknown user", goldenUDAUnknown, Result{true, Vendor3GPP, 5001}},
		{"of a relay", goldenUDARelay, Result{Code: 3002}},
	} {
		m, err := Decode(octets(t, row.octets))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Result(); got != row.result || err != nil {
			t.Errorf("%s: %v, %v", row.name, got, err)
		}
	}
}

func FuzzAVPs(f *testing.F) {
	f.Add(octets(f, goldenCER)[headerSize:])
	f.Add(octets(f, goldenUDR)[headerSize:])
	f.Add([]byte{0, 0, 1, 0x0b, 0x40, 0, 0, 9, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		avps, err := ParseAVPs(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := ParseAVPs(avps.Append(nil))
		if err != nil || len(again) != len(avps) {
			t.Fatalf("written and read again: %d of %d AVPs, %v", len(again), len(avps), err)
		}
		for i, a := range avps {
			if a.Code != again[i].Code || a.Mandatory != again[i].Mandatory || !bytes.Equal(a.Data, again[i].Data) {
				t.Fatalf("%v became %v", a, again[i])
			}
			if members, err := a.Group(); err == nil {
				_ = understood(members)
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	for _, seed := range []string{goldenCER, goldenCEA, goldenDWR, goldenUDR, goldenUDAUnknown, goldenUDARelay} {
		f.Add(octets(f, seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Read(bytes.NewReader(b), 1<<16)
		if err != nil {
			return
		}
		_ = m.Failure()
		frame, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(frame)
		if err != nil || again.Header != m.Header || len(again.AVPs) != len(m.AVPs) {
			t.Fatalf("%+v became %+v, %v", m, again, err)
		}
	})
}
