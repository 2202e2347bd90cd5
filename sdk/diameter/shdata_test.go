package diameter

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseShData(t *testing.T) {
	number := func(text string) string {
		return "<Sh-Data><PSLocationInformation><SGSNNumber><Address>" + text + "</Address></SGSNNumber></PSLocationInformation></Sh-Data>"
	}
	in := func(octets ...byte) string { return number(base64.StdEncoding.EncodeToString(octets)) }
	for _, row := range []struct {
		name, document string
		want           ShData
	}{
		{"checked document", goldenDocument, ShData{SGSN: "358400000001", State: StateAttachedReachable, Age: 5 * time.Minute}},
		{"freeDiameter's", freeDiameterDocument, ShData{SGSN: "46701000001", Age: 3 * time.Minute}},
		{"of an MME", epsDocument, ShData{}},
		{"empty", "<Sh-Data/>", ShData{}},
		{"empty location", "<Sh-Data><PSLocationInformation/></Sh-Data>", ShData{}},
		{"detached", "<Sh-Data><PSUserState>0</PSUserState></Sh-Data>", ShData{State: StateDetached}},
		{"digits that base64 could read", number("358400000001"), ShData{SGSN: "358400000001"}},
		{"digits in base64", in([]byte("46701000001")...), ShData{SGSN: "46701000001"}},
		{"odd number in TBCD", in(0x91, 0x64, 0x07, 0xf1), ShData{SGSN: "46701"}},
		{"number elsewhere", "<Sh-Data><CSLocationInformation><SGSNNumber>1</SGSNNumber></CSLocationInformation></Sh-Data>", ShData{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := ParseShData([]byte(row.document)); got != row.want || err != nil {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	location := func(inner string) string {
		return "<Sh-Data><PSLocationInformation>" + inner + "</PSLocationInformation></Sh-Data>"
	}
	for _, row := range []struct{ name, document string }{
		{"nothing", ""},
		{"only a declaration", `<?xml version="1.0"?>`},
		{"another root", "<Cx-Data/>"},
		{"two roots", "<Sh-Data/><Sh-Data/>"},
		{"text after the root", "<Sh-Data/>x"},
		{"cut short", goldenDocument[:200]},
		{"document type", "<!DOCTYPE Sh-Data><Sh-Data/>"},
		{"entity", `<!DOCTYPE Sh-Data [<!ENTITY a "1">]><Sh-Data><PSUserState>&a;</PSUserState></Sh-Data>`},
		{"entity without a declaration", "<Sh-Data><PSUserState>&a;</PSUserState></Sh-Data>"},
		{"another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?><Sh-Data/>`},
		{"processing instruction", "<Sh-Data><?php ?></Sh-Data>"},
		{"too long", "<Sh-Data>" + strings.Repeat(" ", mostUserDataOctets) + "</Sh-Data>"},
		{"too deep", "<Sh-Data>" + strings.Repeat("<Extension>", mostElementDepth) + strings.Repeat("</Extension>", mostElementDepth) + "</Sh-Data>"},
		{"too many", "<Sh-Data>" + strings.Repeat("<a/>", mostElements) + "</Sh-Data>"},
		{"state 6", "<Sh-Data><PSUserState>6</PSUserState></Sh-Data>"},
		{"two states", "<Sh-Data><PSUserState>2</PSUserState><Extension><PSUserState>0</PSUserState></Extension></Sh-Data>"},
		{"two locations", "<Sh-Data><PSLocationInformation/><PSLocationInformation/></Sh-Data>"},
		{"two numbers", location("<SGSNNumber>1</SGSNNumber><SGSNNumber>2</SGSNNumber>")},
		{"two addresses", location("<SGSNNumber><Address>1</Address><Address>2</Address></SGSNNumber>")},
		{"text beside an address", location("<SGSNNumber><Address>1</Address>2</SGSNNumber>")},
		{"text before an address", location("<SGSNNumber>2<Address>1</Address></SGSNNumber>")},
		{"negative age", location("<AgeOfLocationInformation>-1</AgeOfLocationInformation>")},
		{"age beyond 32767", location("<AgeOfLocationInformation>32768</AgeOfLocationInformation>")},
		{"neither digits nor base64", number("§")},
		{"empty address", number("")},
		{"16 digits", number("1234567890123456")},
		{"another type of number", in(0xa1, 0x64, 0x07)},
		{"digit in half an octet", in(0x91, 0x6a, 0x07)},
		{"filler in the middle", in(0x91, 0xf4, 0x07)},
		{"no digits", in(0x91)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, err := ParseShData([]byte(row.document)); !errors.Is(err, ErrShData) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestDigits(t *testing.T) {
	for _, row := range []struct{ number, octets string }{
		{"358401234567", "534810325476"}, {"46701", "6407f1"}, {"1", "f1"},
	} {
		packed, err := packDigits(row.number)
		if err != nil || string(packed) != string(octets(t, row.octets)) {
			t.Errorf("%s: %x, %v", row.number, packed, err)
		}
		if back, err := unpackDigits(packed); back != row.number || err != nil {
			t.Errorf("%x: %q, %v", packed, back, err)
		}
	}
	for _, number := range []string{"", "+46", "1234567890123456"} {
		if _, err := packDigits(number); err == nil {
			t.Errorf("%q was packed", number)
		}
	}
}

func FuzzShData(f *testing.F) {
	for _, seed := range []string{goldenDocument, freeDiameterDocument, epsDocument} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		data, err := ParseShData(b)
		if err != nil {
			if data != (ShData{}) || !errors.Is(err, ErrShData) {
				t.Fatalf("%+v beside %v", data, err)
			}
			return
		}
		if data.SGSN != "" && !isNumber(data.SGSN) {
			t.Fatalf("an SGSN number of %q", data.SGSN)
		}
	})
}
