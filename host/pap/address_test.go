package pap

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kind       push.AddressType
		value, ppg string
	}{
		// The examples of WAP-249 §7.1.
		{"PLMN", "WAPPUSH=+155519990730/TYPE=PLMN@ppg.carrier.com", push.PLMN, "+155519990730", "ppg.carrier.com"},
		{"IPv4", "WAPPUSH=195.153.199.30/TYPE=IPv4@ppg.carrier.com", push.IPv4, "195.153.199.30", "ppg.carrier.com"},
		{"IPv6", "WAPPUSH=FEDC:BA98:7654:3210:FEDC:BA98:7654:3210/TYPE=IPv6@ppg.carrier.com", push.IPv6, "fedc:ba98:7654:3210:fedc:ba98:7654:3210", "ppg.carrier.com"},
		{"USER", "WAPPUSH=john.doe%40wapforum.org/TYPE=USER@ppg.carrier.com", push.USER, "john.doe@wapforum.org", "ppg.carrier.com"},
		// Seen in the field.
		{"lower case", "wappush=+4670/type=plmn@PPG.Example", push.PLMN, "+4670", "ppg.example"},
		{"leading slash", "/WAPPUSH=+4670/TYPE=PLMN@ppg", push.PLMN, "+4670", "ppg"},
		{"no ppg, as MMS has it", "WAPPUSH=+4670/TYPE=PLMN", push.PLMN, "+4670", ""},
		{"trailing slash", "WAPPUSH=+4670/TYPE=PLMN/@ppg", push.PLMN, "+4670", "ppg"},
		{"trailing slash and no ppg", "WAPPUSH=+4670/TYPE=PLMN/", push.PLMN, "+4670", ""},
		{"blanks around", " WAPPUSH=+4670/TYPE=PLMN\n", push.PLMN, "+4670", ""},
		{"separators", "WAPPUSH=+46-70.123-45/TYPE=PLMN@ppg", push.PLMN, "+467012345", "ppg"},
		{"escaped plus", "WAPPUSH=%2B46701234567/TYPE=PLMN@ppg", push.PLMN, "+46701234567", "ppg"},
		{"digits of a user", "wappush=46701234567/type=user@ppg.operator.com", push.USER, "46701234567", "ppg.operator.com"},
		{"number without plus", "WAPPUSH=46701234567/TYPE=PLMN@ppg", push.PLMN, "+46701234567", "ppg"},
		{"shortest number without plus", "WAPPUSH=4670123/TYPE=PLMN", push.PLMN, "+4670123", ""},
		{"15 digits", "WAPPUSH=+123456789012345/TYPE=PLMN", push.PLMN, "+123456789012345", ""},
		{"user with port", "WAPPUSH=aisha%40example.com%3A7874/TYPE=USER@ppg", push.USER, "aisha@example.com:7874", "ppg"},
		{"user as BlackBerry has it", "WAPPUSH=0%3A100/TYPE=USER@rim.net", push.USER, "0:100", "rim.net"},
		{"group", "WAPPUSH=$sales/TYPE=USER@rim.net", push.USER, "$sales", "rim.net"},
		{"raw at sign", "WAPPUSH=a@b.example/TYPE=USER@ppg", push.USER, "a@b.example", "ppg"},
		{"raw at sign and no ppg", "WAPPUSH=a@b.example/TYPE=USER", push.USER, "a@b.example", ""},
		{"escaped slash and letters", "WAPPUSH=a%2fb%C3%A4/TYPE=USER", push.USER, "a/bä", ""},
		{"compressed IPv6", "WAPPUSH=2001:DB8::1/TYPE=IPv6@ppg", push.IPv6, "2001:db8::1", "ppg"},
		{"escaped IPv6", "WAPPUSH=2001%3Adb8%3A%3A1/TYPE=IPV6@ppg", push.IPv6, "2001:db8::1", "ppg"},
		{"IPv4 in IPv6", "WAPPUSH=::ffff:10.45.0.7/TYPE=IPv6", push.IPv4, "10.45.0.7", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := ParseAddress(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if a.Client != (push.Address{Type: c.kind, Value: c.value}) || a.PPG != c.ppg || a.Text != c.text {
				t.Errorf("got %+v", a)
			}
			back, err := ParseAddress(FormatAddress(a.Client, a.PPG))
			if err != nil || back.Client != a.Client || back.PPG != a.PPG {
				t.Errorf("formatted: %+v, %v", back, err)
			}
		})
	}
}

func TestParseAddressQualifiers(t *testing.T) {
	a, err := ParseAddress("WAPPUSH=+4670/NPI=1/Ext-2=a b/TYPE=PLMN@ppg")
	want := []Qualifier{{"NPI", "1"}, {"Ext-2", "a b"}}
	if err != nil || !reflect.DeepEqual(a.Qualifiers, want) || a.Client.Value != "+4670" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "WAPPUSH="},
		{"bare number", "+46701234567", "WAPPUSH="},
		{"bare word", "push_all", "WAPPUSH="},
		{"no type", "WAPPUSH=+46701234567@ppg", "no /TYPE="},
		{"only a type", "WAPPUSH=/TYPE=PLMN", "3 to 15 digits"},
		{"empty type", "WAPPUSH=+46701234567/TYPE=@ppg", `"" is no address type`},
		{"two types", "WAPPUSH=+46701234567/TYPE=USER/TYPE=PLMN", "two types"},
		{"unknown type", "WAPPUSH=1/TYPE=FAX@ppg", `"FAX" is no address type`},
		{"WINA type", "WAPPUSH=46701234567/TYPE=GSM_MSISDN@ppg", "GSM_MSISDN are not served"},
		{"WINA type in lower case", "WAPPUSH=1/TYPE=iden_msisdn@ppg", "not served"},
		{"national number", "WAPPUSH=0701234567/TYPE=PLMN", "begins with 0"},
		{"international prefix", "WAPPUSH=0046701234567/TYPE=PLMN", "begins with 0"},
		{"plus and zero", "WAPPUSH=+0701234567/TYPE=PLMN", "begins with 0"},
		{"short number without plus", "WAPPUSH=467012/TYPE=PLMN", "from 7 digits"},
		{"16 digits", "WAPPUSH=+1234567890123456/TYPE=PLMN", "3 to 15 digits"},
		{"letters", "WAPPUSH=+4670abc/TYPE=PLMN", "divided by"},
		{"plus inside", "WAPPUSH=46+701234567/TYPE=PLMN", "divided by"},
		{"IPv4 too large", "WAPPUSH=10.0.0.256/TYPE=IPv4", "IPv4"},
		{"IPv4 with leading zeros", "WAPPUSH=10.0.0.010/TYPE=IPv4", "IPv4"},
		{"IPv6 as IPv4", "WAPPUSH=::1/TYPE=IPv4", "IPv4"},
		{"IPv4 as IPv6", "WAPPUSH=10.0.0.1/TYPE=IPv6", "IPv6"},
		{"zone", "WAPPUSH=fe80::1%25eth0/TYPE=IPv6", "IPv6"},
		{"unspecified IPv4", "WAPPUSH=0.0.0.0/TYPE=IPv4", "terminal"},
		{"unspecified IPv6", "WAPPUSH=::/TYPE=IPv6", "terminal"},
		{"unspecified IPv4 in IPv6", "WAPPUSH=::ffff:0.0.0.0/TYPE=IPv6", "terminal"},
		{"multicast", "WAPPUSH=224.0.0.1/TYPE=IPv4", "terminal"},
		{"empty user", "WAPPUSH=/TYPE=USER", "empty"},
		{"long user", "WAPPUSH=" + strings.Repeat("a", 257) + "/TYPE=USER", "256"},
		{"user with a line end", "WAPPUSH=a%0Ab/TYPE=USER", "printable"},
		{"user that is not UTF-8", "WAPPUSH=a%FFb/TYPE=USER", "printable"},
		{"half an escape", "WAPPUSH=a%4/TYPE=USER", "hexadecimal"},
		{"no escape", "WAPPUSH=a%zz/TYPE=USER", "hexadecimal"},
		{"qualifier without value", "WAPPUSH=+46701234567/x/TYPE=PLMN", "no qualifier"},
		{"too many qualifiers", "WAPPUSH=+46701234567" + strings.Repeat("/a=b", 9) + "/TYPE=PLMN", "more than 8"},
		{"ppg that is no host", "WAPPUSH=+46701234567/TYPE=PLMN@a b", "domain name"},
		{"empty ppg", "WAPPUSH=+46701234567/TYPE=PLMN@", "domain name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := ParseAddress(c.text)
			if err == nil {
				t.Fatalf("taken as %+v", a)
			}
			if !strings.Contains(err.Error(), c.says) || a.Client != (push.Address{}) || a.Text != c.text {
				t.Errorf("%v; %+v", err, a)
			}
		})
	}
}
