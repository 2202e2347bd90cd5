package radius

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
	"layeh.com/radius/rfc6911"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A record is what the gateway reads of an accounting request. What an attribute says that makes no sense is as good as missing. Of
// several attributes of a type the first one that makes sense counts.
type record struct {
	status    rfc2866.AcctStatusType // 0 if there is none
	session   string                 // Acct-Session-Id
	addresses []netip.Addr           // of the terminal, an IPv4 one and an IPv6 one at most
	prefix    bool                   // there is an IPv6 prefix, and what of it the terminal uses is not known
	apn       string                 // in lower case
	badAPN    bool                   // there is a Called-Station-Id that can not be an APN
	msisdn    push.MSISDN
	imsi      push.IMSI
	ggsn      string    // 3GPP-GGSN-Address or 3GPP-GGSN-IPv6-Address
	nas       []string  // what else names the sender: NAS-IP-Address, NAS-IPv6-Address, NAS-Identifier, in this order
	event     time.Time // Event-Timestamp; zero if there is none
	delay     time.Duration
}

func readRecord(attributes radius.Attributes) record {
	var (
		r                    record
		v4, v6, nas4, nas6   netip.Addr
		prefix               netip.Prefix
		interfaceID          radius.Attribute
		identifier           string
		ggsn                 threeGPP
		status, event, delay uint32
	)
	for _, a := range attributes {
		v := a.Attribute
		switch a.Type {
		case rfc2866.AcctStatusType_Type:
			first(&status, integer(v))
		case rfc2866.AcctSessionID_Type:
			first(&r.session, text(v))
		case rfc2865.FramedIPAddress_Type:
			first(&v4, address(v, 4))
		case rfc3162.FramedIPv6Prefix_Type:
			first(&prefix, ipv6Prefix(v))
		case rfc6911.FramedIPv6Address_Type:
			first(&v6, address(v, 16))
		case rfc3162.FramedInterfaceID_Type:
			if len(v) == 8 && interfaceID == nil {
				interfaceID = v
			}
		case rfc2865.CalledStationID_Type:
			apn, ok := accessPoint(v)
			first(&r.apn, apn)
			r.badAPN = r.badAPN || !ok
		case rfc2865.CallingStationID_Type:
			first(&r.msisdn, msisdn(v))
		case rfc2865.NASIPAddress_Type:
			first(&nas4, address(v, 4))
		case rfc3162.NASIPv6Address_Type:
			first(&nas6, address(v, 16))
		case rfc2865.NASIdentifier_Type:
			first(&identifier, text(v))
		case rfc2869.EventTimestamp_Type:
			first(&event, integer(v))
		case rfc2866.AcctDelayTime_Type:
			first(&delay, integer(v))
		case rfc2865.VendorSpecific_Type:
			ggsn.read(v)
		}
	}
	r.status = rfc2866.AcctStatusType(status)
	r.imsi, r.ggsn = ggsn.imsi, ggsn.name()
	r.badAPN = r.badAPN && r.apn == ""
	r.delay = time.Duration(delay) * time.Second
	if event != 0 {
		r.event = time.Unix(int64(event), 0).UTC()
	}
	if v4.IsValid() {
		r.addresses = append(r.addresses, v4)
	}
	if !v6.IsValid() {
		v6 = join(prefix, interfaceID)
		r.prefix = prefix.IsValid() && !v6.IsValid()
	}
	if v6.IsValid() {
		r.addresses = append(r.addresses, v6)
	}
	for _, name := range []string{addressName(nas4), addressName(nas6), identifier} {
		if name != "" {
			r.nas = append(r.nas, name)
		}
	}
	return r
}

// first takes a value unless there is one.
func first[T comparable](into *T, v T) {
	var none T
	if *into == none {
		*into = v
	}
}

func integer(v radius.Attribute) uint32 {
	if len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

// text returns a value that is compared and stored. What is no text is written down in another way, so that two values stay two, and
// is no longer than text may be.
func text(v radius.Attribute) string {
	s := string(v)
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return s
	}
	if len(v) > sha256.Size {
		sum := sha256.Sum256(v)
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	return "0x" + hex.EncodeToString(v)
}

// address returns an address that a terminal or a GGSN may have. RFC 2865 §5.8 gives 255.255.255.255 and 255.255.255.254 other
// meanings.
func address(v radius.Attribute, octets int) netip.Addr {
	a, ok := netip.AddrFromSlice(v)
	if !ok || len(v) != octets || a.IsUnspecified() || a.IsMulticast() || a.Is4In6() {
		return netip.Addr{}
	}
	if v4 := a.As16(); a.Is4() && v4[12] == 255 && v4[13] == 255 && v4[14] == 255 && v4[15] >= 254 {
		return netip.Addr{}
	}
	return a
}

func addressName(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// ipv6Prefix reads a Framed-IPv6-Prefix: an octet that is reserved, the length in bits, as many octets as that needs or more
// (RFC 3162 §2.3).
func ipv6Prefix(v radius.Attribute) netip.Prefix {
	if len(v) < 2 || len(v) > 18 {
		return netip.Prefix{}
	}
	bits := int(v[1])
	if bits == 0 || bits > 128 || len(v)-2 < (bits+7)/8 {
		return netip.Prefix{}
	}
	var a [16]byte
	copy(a[:], v[2:])
	return netip.PrefixFrom(netip.AddrFrom16(a), bits).Masked()
}

// join returns the address of a terminal. An access point gives 64 bits (3GPP TS 29.061 §11.2.1.3) and the terminal may choose the
// others as it likes, unless they are told. A prefix of 128 bits is an address.
func join(prefix netip.Prefix, interfaceID radius.Attribute) netip.Addr {
	if !prefix.IsValid() {
		return netip.Addr{}
	}
	a := prefix.Addr().As16()
	switch {
	case prefix.Bits() == 128:
	case prefix.Bits() == 64 && interfaceID != nil:
		copy(a[8:], interfaceID)
	default:
		return netip.Addr{}
	}
	return address(a[:], 16)
}

// accessPoint reads a Called-Station-Id: an APN of at most 100 octets (3GPP TS 23.003 §9.1), in lower case.
func accessPoint(v radius.Attribute) (apn string, ok bool) {
	if len(v) == 0 || len(v) > 100 {
		return "", len(v) == 0
	}
	for _, c := range v {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return strings.ToLower(string(v)), true
}

// msisdn reads a Calling-Station-Id: an international number (3GPP TS 29.061 §16.4.3), with or without "+". One that begins with 0
// is dialled, not international, and which it means is not ours to guess.
func msisdn(v radius.Attribute) push.MSISDN {
	if len(v) > 0 && v[0] == '+' {
		v = v[1:]
	}
	if !digits(v, 3, 15) || v[0] == '0' { // ITU-T E.164 §6.2.1: 15 at most
		return ""
	}
	return push.MSISDN(v)
}

func digits(v []byte, least, most int) bool {
	for _, c := range v {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(v) >= least && len(v) <= most
}
