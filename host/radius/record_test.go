package radius

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/rfc6911"
)

func addresses(list ...string) (a []netip.Addr) {
	for _, s := range list {
		a = append(a, netip.MustParseAddr(s))
	}
	return a
}

func TestRecord(t *testing.T) {
	prefix := func(v string) attribute { return raw(rfc3162.FramedIPv6Prefix_Type, v) }
	interfaceID := raw(rfc3162.FramedInterfaceID_Type, "\x00\x00\x00\x00\x00\x00\x00\x07")
	const net64 = "\x20\x01\x0d\xb8\x00\x01\x00\x02"
	vendorOctets := func(v string) attribute { return raw(rfc2865.VendorSpecific_Type, v) }
	for _, tt := range []struct {
		name string
		give []attribute
		want record
	}{
		{"nothing", nil, record{}},
		{"status", []attribute{isInterim}, record{status: 3}},
		{"status of three octets", []attribute{raw(rfc2866.AcctStatusType_Type, "\x00\x00\x01")}, record{}},
		{"IPv4", []attribute{framed}, record{addresses: addresses("10.45.0.7")}},
		{"the user chooses, RFC 2865 5.8", []attribute{ip(rfc2865.FramedIPAddress_Type, "255.255.255.255")}, record{}},
		{"the NAS chooses, RFC 2865 5.8", []attribute{ip(rfc2865.FramedIPAddress_Type, "255.255.255.254")}, record{}},
		{"no address", []attribute{ip(rfc2865.FramedIPAddress_Type, "0.0.0.0")}, record{}},
		{"address of three octets", []attribute{raw(rfc2865.FramedIPAddress_Type, "\x0a\x2d\x00")}, record{}},
		{
			"the first address that makes sense",
			[]attribute{ip(rfc2865.FramedIPAddress_Type, "0.0.0.0"), framed, ip(rfc2865.FramedIPAddress_Type, "10.0.0.9")},
			record{addresses: addresses("10.45.0.7")},
		},
		{"IPv6 of prefix and interface", []attribute{prefix("\x00\x40" + net64), interfaceID}, record{addresses: addresses("2001:db8:1:2::7")}},
		{"a prefix written with all octets", []attribute{prefix("\x00\x40" + net64 + "\xff\xff\xff\xff\xff\xff\xff\xff"), interfaceID}, record{addresses: addresses("2001:db8:1:2::7")}},
		{"a prefix alone", []attribute{prefix("\x00\x40" + net64)}, record{prefix: true}},
		{"a short prefix", []attribute{prefix("\x00\x38" + net64), interfaceID}, record{prefix: true}},
		{"a prefix that is an address", []attribute{prefix("\x00\x80" + net64 + "\x00\x00\x00\x00\x00\x00\x00\x09")}, record{addresses: addresses("2001:db8:1:2::9")}},
		{"a prefix with too few octets", []attribute{prefix("\x00\x40\x20\x01"), interfaceID}, record{}},
		{"a prefix that is too long", []attribute{prefix("\x00\x81" + net64 + net64), interfaceID}, record{}},
		{"Framed-IPv6-Address", []attribute{ip(rfc6911.FramedIPv6Address_Type, "2001:db8::5"), prefix("\x00\x40" + net64)}, record{addresses: addresses("2001:db8::5")}},
		{"IPv4v6", []attribute{prefix("\x00\x40" + net64), framed, interfaceID}, record{addresses: addresses("10.45.0.7", "2001:db8:1:2::7")}},
		{"IPv4 and a prefix alone", []attribute{prefix("\x00\x40" + net64), framed}, record{addresses: addresses("10.45.0.7"), prefix: true}},
		{"APN", []attribute{called}, record{apn: "internet"}},
		{"APN with a blank", []attribute{raw(rfc2865.CalledStationID_Type, "inter net")}, record{badAPN: true}},
		{"APN that is no text", []attribute{raw(rfc2865.CalledStationID_Type, "\xff\x00")}, record{badAPN: true}},
		{"MSISDN", []attribute{calling}, record{msisdn: "358401234567"}},
		{"MSISDN without +", []attribute{raw(rfc2865.CallingStationID_Type, "358401234567")}, record{msisdn: "358401234567"}},
		{"a number that is dialled", []attribute{raw(rfc2865.CallingStationID_Type, "0401234567")}, record{}},
		{"a hardware address", []attribute{raw(rfc2865.CallingStationID_Type, "00-10-A4-23-19-C0")}, record{}},
		{"a number of 16 digits", []attribute{raw(rfc2865.CallingStationID_Type, "3584012345678901")}, record{}},
		{"+ alone", []attribute{raw(rfc2865.CallingStationID_Type, "+")}, record{}},
		{"no number", []attribute{raw(rfc2865.CallingStationID_Type, "")}, record{}},
		{"IMSI", []attribute{imsi}, record{imsi: "001010123456789"}},
		{"IMSI of too many digits", []attribute{vendor("\x01", "0010101234567890")}, record{}},
		{"IMSI with letters", []attribute{vendor("\x01", "00101012345678x")}, record{}},
		{
			"several in one attribute",
			[]attribute{vendor("\x02", "\x00\x00\x00\xab", "\x01", "001010123456789", "\x07", "\xc0\x00\x02\x0b")},
			record{imsi: "001010123456789", ggsn: "192.0.2.11"},
		},
		{"GGSN by IPv6", []attribute{vendor("\x10", string(netip.MustParseAddr("2001:db8::10").AsSlice()))}, record{ggsn: "2001:db8::10"}},
		{"another vendor", []attribute{vendorOctets("\x00\x00\x00\x09\x01\x11001010123456789")}, record{}},
		{"vendor with nothing", []attribute{vendorOctets("\x00\x00\x28")}, record{}},
		{"vendor with a length that is a lie", []attribute{vendorOctets("\x00\x00\x28\xaf\x15\x03\x01\x01\x20001010123456789")}, record{}},
		{"vendor with length 0", []attribute{vendorOctets("\x00\x00\x28\xaf\x01\x00001010123456789")}, record{}},
		{"vendor with length 1", []attribute{vendorOctets("\x00\x00\x28\xaf\x01\x01001010123456789")}, record{}},
		{
			"names of the sender",
			[]attribute{raw(rfc2865.NASIdentifier_Type, "ggsn0"), ip(rfc3162.NASIPv6Address_Type, "2001:db8::1"), nas},
			record{nas: []string{"192.0.2.10", "2001:db8::1", "ggsn0"}},
		},
		{"a name that is no text", []attribute{raw(rfc2865.NASIdentifier_Type, "a\x00b")}, record{nas: []string{"0x610062"}}},
		{"session id", []attribute{id}, record{session: "A1"}},
		{"session id that is no text", []attribute{sessionID("\xc0\x00\x02")}, record{session: "0xc00002"}},
		{
			"session id that is long and no text",
			[]attribute{sessionID(strings.Repeat("\x00", 253))},
			record{session: "sha256:7cd881f70ccc462cc607ef88953ad3f1e3948fb3c03f2f6f114458464232bcf0"},
		},
		{"times", []attribute{number(rfc2869.EventTimestamp_Type, uint32(noon.Unix())), number(rfc2866.AcctDelayTime_Type, 7)}, record{event: noon, delay: 7 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := radius.Packet{}
			for _, a := range tt.give {
				a(&p)
			}
			if got := readRecord(p.Attributes); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}
