package mobile

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func octets(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestIMSI(t *testing.T) {
	for imsi, want := range map[string]string{
		"001010000000102": "0910100000001020", // 15 digits: odd
		"24001012345678":  "21041010325476f8", // 14 digits: even
	} {
		got := imsiDigits(imsi)
		if hex.EncodeToString(got) != want {
			t.Errorf("%s written as %x, want %s", imsi, got, want)
		}
		if back, err := imsiOf(got); err != nil || back != imsi {
			t.Errorf("%x read as %q, %v, want %s", got, back, err, imsi)
		}
	}
}

// The SMS-DELIVER is one of OsmoMSC 1.9.0.
func TestRPData(t *testing.T) {
	const deliver = "400b916407000000f10004621122518413001f0605040b8423f0250601ae02056a0045c60c03786161620003014869000101"
	good := octets(t, "01 2a 03 916407 00 32"+deliver)
	reference, tpdu, err := rpData(good)
	if err != nil || reference != 0x2a || hex.EncodeToString(tpdu) != deliver {
		t.Fatalf("reference %#x, %x, %v", reference, tpdu, err)
	}
	for n := range good {
		if _, _, err := rpData(good[:n]); err == nil {
			t.Errorf("the first %d octets were taken for an RP-DATA", n)
		}
	}
	if _, _, err := rpData(append(good, 0)); err == nil {
		t.Error("an RP-DATA with an octet too many was taken")
	}
}

func TestReadMessage(t *testing.T) {
	var b bytes.Buffer
	if err := writeMessage(&b, pagingRequest, element(ieIMSI, 1, 2), element(ieServiceIndicator, 2)); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	if want := "0000000800000000" + "01" + "01020102" + "200102"; hex.EncodeToString(good) != want {
		t.Fatalf("written %x, want %s", good, want)
	}
	m, err := readMessage(bytes.NewReader(good))
	if err != nil || m.kind != pagingRequest || !bytes.Equal(m.elements[ieServiceIndicator], []byte{2}) {
		t.Errorf("read %+v, %v", m, err)
	}
	for name, text := range map[string]string{
		"empty":             "0000000000000000",
		"too long":          "0fffffff00000000",
		"element cut":       "0000000300000000010102",
		"element of 1":      "00000002000000000101",
		"shorter than said": "000000080000000001010201",
	} {
		if _, err := readMessage(bytes.NewReader(octets(t, text))); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}
