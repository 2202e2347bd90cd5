package radius

import (
	"encoding/hex"
	"reflect"
	"testing"

	"layeh.com/radius"
)

// An accounting Start as a GGSN sends it and the answer to it, with the secret "secret". The octets were checked with Wireshark.
const (
	vectorStart = "040700d643d578a8f131a26cfda8bda0b174bd30" + // Accounting-Request, identifier 7, 214 octets, authenticator
		"280600000001" + // Acct-Status-Type Start
		"2c1243303030303230313030303030304142" + // Acct-Session-Id C0000201000000AB
		"0406c000020a" + // NAS-IP-Address 192.0.2.10
		"010675736572" + // User-Name user
		"1f0e333538343031323334353637" + // Calling-Station-Id 358401234567
		"1e0f707573682e6f70657261746f72" + // Called-Station-Id push.operator
		"08060a2d0007" + // Framed-IP-Address 10.45.0.7
		"1a17000028af0111303031303130313233343536373839" + // 3GPP-IMSI 001010123456789
		"1a0c000028af0206000000ab" + // 3GPP-Charging-Id 171
		"1a0c000028af0606c0000214" + // 3GPP-SGSN-Address 192.0.2.20
		"1a0c000028af0706c000020a" + // 3GPP-GGSN-Address 192.0.2.10
		"1a0d000028af08073030313031" + // 3GPP-IMSI-MCC-MNC 00101
		"1a09000028af0a0335" + // 3GPP-NSAPI 5
		"1a09000028af0c0330" + // 3GPP-Selection-Mode 0
		"1a18000028af141233353334393030363938373333313533" + // 3GPP-IMEISV 3534900698733153
		"1a09000028af150301" // 3GPP-RAT-Type UTRAN
	vectorAnswer = "050700148fe74609f3095e25f361681547839ced"
)

func octets(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVector(t *testing.T) {
	b := octets(t, vectorStart)
	p, err := radius.Parse(b, secret)
	if err != nil {
		t.Fatal(err)
	}
	want := record{
		status: 1, session: "C0000201000000AB", addresses: addresses("10.45.0.7"), apn: "push.operator", msisdn: "358401234567", imsi: "001010123456789",
		ggsn: "192.0.2.10", nas: []string{"192.0.2.10"},
	}
	if got := readRecord(p.Attributes); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestVectorIsAnswered(t *testing.T) {
	s := startServer(t, nil)
	s.client.send(octets(t, vectorStart))
	if got := hex.EncodeToString(s.client.receive()); got != vectorAnswer {
		t.Errorf("the answer is %s, want %s", got, vectorAnswer)
	}
	wantTold(t, s, `start "192.0.2.10" "push.operator" 10.45.0.7 id="C0000201000000AB" msisdn=358401234567 imsi=001010123456789 at=12:00:00`)
}
