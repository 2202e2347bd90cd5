package registration

import (
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// How long fields may be, in octets.
const (
	longestUser   = 256
	longestDevice = 64
	longestAPN    = 100 // 3GPP TS 23.003 §9.1
)

// user returns the user identifier, in normal form.
func (f fields) user() (string, error) {
	text, ok := f["user"]
	switch {
	case !ok:
		return "", wrong("user", "%q is missing", "user")
	case len(text) > longestUser:
		return "", wrong("user", "a user identifier has at most %d octets", longestUser)
	}
	user, err := subscriber.Normal(text)
	if err != nil {
		return "", wrong("user", "%v", err)
	}
	return user, nil
}

// device returns the name of the terminal among those of the user, "" for the only one.
func (f fields) device() (string, error) {
	device := f["device"]
	if len(device) > longestDevice || !consistsOf(device, "._-") {
		return "", wrong("device", "a device has a name of at most %d letters, digits, dots, hyphens and underscores", longestDevice)
	}
	return device, nil
}

// address returns the address, of a terminal.
func (f fields) address() (netip.Addr, error) {
	text, ok := f["address"]
	if !ok {
		return netip.Addr{}, wrong("address", "%q is missing", "address")
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, wrong("address", "%q is no IP address", text)
	}
	a = a.Unmap()
	if a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, wrong("address", "%s is no address of one terminal", a)
	}
	return a, nil
}

// apn returns the access point name in lower case, which means the same.
func (f fields) apn() (string, error) {
	text, ok := f["apn"]
	if !ok {
		return "", wrong("apn", "%q is missing", "apn")
	}
	if !isAPN(text) {
		return "", wrong("apn", "%q is no APN", text)
	}
	return strings.ToLower(text), nil
}

func isAPN(s string) bool { return s != "" && len(s) <= longestAPN && consistsOf(s, "._-") }

// imsi returns the IMSI, "" if the request has none.
func (f fields) imsi() (push.IMSI, error) {
	text, ok := f["imsi"]
	if ok && (len(text) < 6 || len(text) > 15 || !areDigits(text)) { // 3GPP TS 23.003 §2.2
		return "", wrong("imsi", "an IMSI has 6 to 15 digits")
	}
	return push.IMSI(text), nil
}

// msisdn returns the number without a leading "+", "" if the request has none.
func (f fields) msisdn() (push.MSISDN, error) {
	text, ok := f["msisdn"]
	digits := strings.TrimPrefix(text, "+")
	if ok && (digits == "" || len(digits) > 15 || !areDigits(digits)) { // ITU-T E.164 §6
		return "", wrong("msisdn", "an MSISDN has up to 15 digits")
	}
	return push.MSISDN(digits), nil
}

func areDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// consistsOf tells whether s has no other characters than ASCII letters, digits and those given.
func consistsOf(s, others string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		alphanumeric := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !alphanumeric && !strings.ContainsRune(others, r)
	})
}
