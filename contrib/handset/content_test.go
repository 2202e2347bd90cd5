package handset

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Whole connectionless push PDUs that Wireshark's dissectors read as their rows say. The SI is the example of WAP-167 §8.5.
const (
	siPDU  = "010601ae02056a0045c60d0378797a008503656d61696c2f3132332f6162632e776d6c001103314078797a2e636f6d00080ac3071999062515231510c304199906300103596f7520686176652034206e657720656d61696c73000101"
	slPDU  = "020603b0af8203066a00850a0378797a00850370706169642f3132332f6162632e776d6c000501"
	emnPDU = "0406060302030aaf89030d6a008507036a6f65406578616d706c65008505c3072002011412300501"
	mmsPDU = "060603beaf848c82985431008d928914802b333538343031322f545950453d504c4d4e008a808e0275308805810303f48083687474703a2f2f6d6d73632f543100"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	tests := []struct{ name, pdu, want string }{
		{
			"SI of WAP-167", siPDU,
			`service indication "You have 4 new emails" → http://www.xyz.com/email/123/abc.wml, si-id 1@xyz.com, ` +
				`action signal-high, created 1999-06-25T15:23:15Z, si-expires 1999-06-30T00:00:00Z`,
		},
		{"SL", slPDU, `service loading → http://www.xyz.com/ppaid/123/abc.wml, action execute-low (for x-wap-application:wml.ua)`},
		{
			"MMS notification", mmsPDU,
			`multimedia notification → http://mmsc/T1, from +3584012/TYPE=PLMN, class personal, octets 30000, ` +
				`expires in 72h0m0s (for x-wap-application:mms.ua)`,
		},
		{
			"MMS notification with subject, sender hidden, absolute expiry", "060601be 8c82 985431008d92 890181 9607ea4769c3a9 0a00" + "8a81 8e0101 88068004 386d4380 83612f6200",
			`multimedia notification "Gié\n" → a/b, class advertisement, octets 1, expires 2000-01-01T00:00:00Z`,
		},
		{"another multimedia PDU", "060601be8c86985431008d92", `unknown content application/vnd.wap.mms-message, 8 octets: 8c86985431008d92`},
		{
			"unknown content", emnPDU,
			`unknown content application/vnd.wap.emn+wbxml, 31 octets: 030d6a008507036a6f65406578616d706c65008505c3072002011412300501 ` +
				`(for x-wap-application:emn.ua)`,
		},
		{"text", "07060183 68c3a96c6c6f", `text "héllo"`},
		{"SI as text", "070601ad" + hex.EncodeToString([]byte(`<si><indication href="http://a/" si-id="1">é</indication></si>`)), `service indication "é" → http://a/, si-id 1`},
		{"SL as text", "070601af" + hex.EncodeToString([]byte(`<sl href="http://a/"/>`)), `service loading → http://a/`},
		{"long unknown content", "07060184" + strings.Repeat("ab", 40), "unknown content text/x-hdml, 40 octets: " + strings.Repeat("ab", 32) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Decode(unhex(t, tt.pdu))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	tests := []struct{ name, pdu, want string }{
		{"no push", "0104", "PDU type 0x04"},
		{"empty", "", "ends in the middle"},
		{"SI that ends early", siPDU[:len(siPDU)-20], "application/vnd.wap.sic"},
		{"SL named SI", "010601ae" + slPDU[12:], "application/vnd.wap.sic: no indication in a document of sl"},
		{"SI as text that is none", "070601ad" + hex.EncodeToString([]byte("<si/>")), "text/vnd.wap.si"},
		{"multimedia header cut", "060601be8c829854", "the content ends within a header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Decode(unhex(t, tt.pdu))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want an error with %q", c, err, tt.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{siPDU, slPDU, emnPDU, mmsPDU, "060601be8c821f", "060601be8c82881f8505", "000604610a6200"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, pdu []byte) {
		c, err := Decode(pdu)
		if err != nil {
			return
		}
		if line := c.String(); strings.ContainsAny(line, "\n\x00\x1b") {
			t.Errorf("not one line: %q", line)
		}
	})
}
