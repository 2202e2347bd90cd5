package main

import (
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// guessAddress takes an IP address, a telephone number, or anything else as a user identifier.
func guessAddress(s string) push.Address {
	if ip, err := netip.ParseAddr(s); err == nil {
		if ip = ip.Unmap(); ip.Is4() {
			return push.Address{Type: push.IPv4, Value: ip.String()}
		}
		return push.Address{Type: push.IPv6, Value: ip.String()}
	}
	digits := strings.TrimPrefix(s, "+")
	if digits != "" && strings.Trim(digits, "0123456789-.") == "" {
		return push.Address{Type: push.PLMN, Value: "+" + digits}
	}
	return push.Address{Type: push.USER, Value: s}
}
