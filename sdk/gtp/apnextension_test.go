package gtp

import (
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// The octets were put together by hand from the table above APNExtension; that they go through a dissector of others as a private
// extension is shown in integration.
func TestAPNExtension(t *testing.T) {
	const question = "010d 04 70757368 07 6578616d706c65" // push.example
	for _, tt := range []struct {
		name, value string
		want        APNExtension
		fault       string
	}{
		{"a question", question, APNExtension{APN: "push.example"}, ""},
		{"an answer", question + "0204c0000232", APNExtension{"push.example", netip.MustParseAddr("192.0.2.50")}, ""},
		{
			"an answer in IPv6", question + "021020010db8000000000000000000000001",
			APNExtension{"push.example", netip.MustParseAddr("2001:db8::1")},
			"",
		},
		{"a type of later days is passed over", "0901ff" + question + "0700", APNExtension{APN: "push.example"}, ""},
		{"the longest type of later days", question + "09ff" + strings.Repeat("00", 255), APNExtension{APN: "push.example"}, ""},
		{"no access point", "0204c0000232", APNExtension{}, "names no access point"},
		{"nothing", "", APNExtension{}, "names no access point"},
		{"a type without a length", question + "02", APNExtension{}, "ends within type 2"},
		{"a length that lies", question + "0205c0000232", APNExtension{}, "ends within type 2"},
		{"an address of five octets", question + "0205c000023201", APNExtension{}, "type 2 is c000023201"},
		{"a label that lies", "0103 047075", APNExtension{}, "type 1"},
		{"two addresses", question + "0204c0000232 0204c0000233", APNExtension{}, "type 2 twice"},
		{"two types of later days", question + "0900 0900", APNExtension{}, "type 9 twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			private := PrivateExtension{ID: APNExtensionID, Value: unhex(t, tt.value)}
			e, found, err := FindAPNExtension([]PrivateExtension{{ID: 9, Value: []byte{1}}, private}, APNExtensionID)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Fatalf("got %+v, %v; want an error with %q", e, err, tt.fault)
				}
				return
			}
			if err != nil || !found || e != tt.want {
				t.Fatalf("got %+v, %v, %v", e, found, err)
			}
			again, err := e.Private(APNExtensionID)
			if err != nil || !strings.Contains(tt.name, "later") && !reflect.DeepEqual(again, private) {
				t.Errorf("written again it is %x, %v", again.Value, err)
			}
		})
	}
	if _, found, err := FindAPNExtension([]PrivateExtension{{ID: 9}}, APNExtensionID); found || err != nil {
		t.Errorf("another vendor's extension: %v, %v", found, err)
	}
	one := PrivateExtension{ID: APNExtensionID, Value: unhex(t, question)}
	if _, _, err := FindAPNExtension([]PrivateExtension{one, one}, APNExtensionID); err == nil {
		t.Error("two extensions are taken for one")
	}
	for _, apn := range []APN{"", "a..b", "ä", APN(strings.Repeat("a", 64)), APN(strings.Repeat("abcdefghi.", 10) + "a")} {
		if p, err := (APNExtension{APN: apn}).Private(APNExtensionID); err == nil {
			t.Errorf("%q is written as %x", apn, p.Value)
		}
	}
}

// FuzzAPNExtension: what can be read is the same after it was written and read again.
func FuzzAPNExtension(f *testing.F) {
	for _, s := range []string{"010d04707573680765 78616d706c65", "01020161 0204c0000232", "0102016102021122", "0901ff01020161", "", "09ff" + strings.Repeat("00", 255)} {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseAPNExtension(b)
		if err != nil {
			return
		}
		p, err := e.Private(1)
		if err != nil || len(p.Value) > len(b)+12 { // a mapped IPv4 address may have been longer, never shorter
			t.Fatalf("%x: %+v can be read and not written: %x, %v", b, e, p.Value, err)
		}
		if again, err := parseAPNExtension(p.Value); err != nil || again != e {
			t.Fatalf("%+v became %+v, %v", e, again, err)
		}
	})
}
