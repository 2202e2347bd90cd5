package sms

import (
	"strings"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// isNumber says whether s is a number in international form without "+": up to 15 digits (ITU-T E.164 §6.2.1).
func isNumber(s string) bool {
	return len(s) <= 15 && isDigits(s)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// shortestInternational is the number of digits from which a source without "+" is taken for an international number.
const shortestInternational = 8

// maxAlphanumeric is the number of characters that a terminal shows of a sender by name (3GPP TS 23.040 §9.1.2.5).
const maxAlphanumeric = 11

// sourceOf guesses type of number and numbering plan: "+" and digits, or many digits not beginning with 0, are an international
// number; other digits are a short code or a number as the SMSC knows it; anything else is a name.
func sourceOf(text string) smpp.Address {
	digits := strings.TrimPrefix(text, "+")
	switch {
	case !isDigits(digits):
		return smpp.Address{TON: smpp.TONAlphanumeric, NPI: smpp.NPIUnknown, Addr: text}
	case digits != text, len(digits) >= shortestInternational && digits[0] != '0':
		return smpp.Address{TON: smpp.TONInternational, NPI: smpp.NPIISDN, Addr: digits}
	}
	return smpp.Address{TON: smpp.TONUnknown, NPI: smpp.NPIISDN, Addr: digits}
}
