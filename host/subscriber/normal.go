package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestUser is how many octets a user identifier has at most.
const longestUser = 256

// Normal returns the normal form of a user identifier, "user@push-domain": the domain is in lower case, what stands before the last
// "@" stays as it is. The error says what is wrong with it; whether the domain is one of the gateway's is not looked at.
func Normal(user string) (string, error) {
	at := strings.LastIndexByte(user, '@')
	switch {
	case len(user) > longestUser:
		return "", fmt.Errorf("a user identifier has at most %d octets, and this one %d", longestUser, len(user))
	case at < 0:
		return "", fmt.Errorf("user identifier %q %w", user, errNoDomain)
	case at == 0:
		return "", fmt.Errorf("user identifier %q has nothing before its domain", user)
	case !utf8.ValidString(user):
		return "", fmt.Errorf("user identifier %q is no UTF-8", user)
	}
	for _, r := range user[:at] {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return "", fmt.Errorf("user identifier %q has a space or a control character in it", user)
		}
	}
	domain := strings.ToLower(user[at+1:])
	if err := checkDomain(domain); err != nil {
		return "", fmt.Errorf("user identifier %q: %w", user, err)
	}
	return user[:at+1] + domain, nil
}

var errNoDomain = errors.New("has no domain: it is user@push-domain")

// checkDomain takes host names in lower case (RFC 1123 §2.1).
func checkDomain(domain string) error {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q is no domain", domain)
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return fmt.Errorf("%q is no domain", domain)
			}
		}
	}
	return nil
}

// longestDevice is how many octets the name of a device has at most.
const longestDevice = 64

// checkDevice takes letters, digits, dots, hyphens and underscores, and none at all: the name is part of a lane.
func checkDevice(device string) error {
	if len(device) > longestDevice {
		return fmt.Errorf("the name of a device has at most %d octets", longestDevice)
	}
	for i := range len(device) {
		c := device[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' {
			return errors.New("the name of a device has letters, digits, dots, hyphens and underscores")
		}
	}
	return nil
}
