package pap

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An Address is a client address (WAP-249 §7.1).
type Address struct {
	// Text is the address-value as it was written. Results carry it back.
	Text string
	// Client is the recipient in normal form; the zero value for the text of another gateway that is no client address.
	Client push.Address
	// PPG is the host after the "@", in lower case, "" if there was none.
	PPG string
	// Qualifiers are the pairs between the client and its type. They mean nothing to this gateway.
	Qualifiers []Qualifier
}

// A Qualifier is one "/keyword=value" of an address.
type Qualifier struct{ Keyword, Value string }

const (
	maxQualifiers = 8
	maxUser       = 256 // octets of a USER value
)

// ParseAddress reads [/]WAPPUSH=<client>[/<keyword>=<value>…]/TYPE=<type>[/][@<ppg>], keywords in any case. The error says
// what is wrong with it; its PAP code is 2002 in every case.
func ParseAddress(text string) (Address, error) {
	a := Address{Text: text}
	s := strings.TrimPrefix(strings.TrimSpace(text), "/")
	keyword, s, ok := strings.Cut(s, "=")
	if !ok || !strings.EqualFold(keyword, "WAPPUSH") {
		return a, addressError(text, "it does not begin with WAPPUSH=")
	}
	// The type is found before the "@", because sloppy senders leave an "@" of a USER value unescaped.
	at := len(s) - len("/TYPE=")
	for at >= 0 && (s[at] != '/' || !strings.EqualFold(s[at:at+len("/TYPE=")], "/TYPE=")) {
		at--
	}
	if at < 0 {
		return a, addressError(text, "it has no /TYPE=")
	}
	client, rest := s[:at], s[at+len("/TYPE="):]
	kind, ppg, hasPPG := strings.Cut(rest, "@")
	if hasPPG {
		if !validHost(ppg) {
			return a, addressError(text, "what follows the @ is no domain name")
		}
		a.PPG = strings.ToLower(ppg)
	}
	kind = strings.TrimSuffix(kind, "/")
	client, qualifiers, _ := strings.Cut(client, "/")
	var err error
	if a.Qualifiers, err = parseQualifiers(qualifiers); err != nil {
		return a, addressError(text, err.Error())
	}
	value, err := unescape(client)
	if err != nil {
		return a, addressError(text, err.Error())
	}
	if a.Client, err = parseClient(kind, value); err != nil {
		return a, addressError(text, err.Error())
	}
	return a, nil
}

func addressError(text, what string) error {
	return fmt.Errorf("address %q: %s", clip(text, 80), what)
}

func parseClient(kind, value string) (push.Address, error) {
	switch strings.ToUpper(kind) {
	case "PLMN":
		return parsePLMN(value)
	case "IPV4":
		addr, err := netip.ParseAddr(value)
		if err != nil || !addr.Is4() {
			return push.Address{}, errors.New("not an IPv4 address")
		}
		return hostAddress(addr)
	case "IPV6":
		addr, err := netip.ParseAddr(value)
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return push.Address{}, errors.New("not an IPv6 address")
		}
		return hostAddress(addr.Unmap())
	case "USER":
		return parseUser(value)
	}
	if isWINAType(kind) {
		return push.Address{}, fmt.Errorf("addresses of type %s are not served", kind)
	}
	return push.Address{}, fmt.Errorf("%q is no address type", clip(kind, 20))
}

// parsePLMN reads an international number, which "-" and "." may divide. Without "+" it is taken as international if it is
// as long as such numbers are and does not begin with a 0, which no country code does.
func parsePLMN(value string) (push.Address, error) {
	digits := make([]byte, 1, 16)
	digits[0] = '+'
	rest, plus := strings.CutPrefix(value, "+")
	for i := range len(rest) {
		switch c := rest[i]; {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case c != '-' && c != '.':
			return push.Address{}, errors.New("a PLMN address is + and digits, divided by - or . at most")
		}
	}
	n := len(digits) - 1
	switch {
	case n < 3, n > 15: // ITU-T E.164 §6.2.1: 15 digits at most
		return push.Address{}, errors.New("a number has 3 to 15 digits")
	case digits[1] == '0':
		return push.Address{}, errors.New("not an international number: no country code begins with 0")
	case !plus && n < 7:
		return push.Address{}, errors.New("a number without + is taken as international from 7 digits on")
	}
	if value == string(digits) {
		return push.Address{Type: push.PLMN, Value: value}, nil // a piece of the text, which is kept anyway
	}
	return push.Address{Type: push.PLMN, Value: string(digits)}, nil
}

// hostAddress refuses what is nobody's address: a packet to the unspecified address ends at the gateway itself.
func hostAddress(addr netip.Addr) (push.Address, error) {
	if addr.IsUnspecified() || addr.IsMulticast() {
		return push.Address{}, errors.New("not the address of a terminal")
	}
	kind := push.IPv6
	if addr.Is4() {
		kind = push.IPv4
	}
	return push.Address{Type: kind, Value: addr.String()}, nil
}

func parseUser(value string) (push.Address, error) {
	switch {
	case value == "":
		return push.Address{}, errors.New("the user is empty")
	case len(value) > maxUser:
		return push.Address{}, fmt.Errorf("the user is longer than %d octets", maxUser)
	case !utf8.ValidString(value) || strings.IndexFunc(value, unicode.IsControl) >= 0:
		return push.Address{}, errors.New("the user is not printable text in UTF-8")
	}
	return push.Address{Type: push.USER, Value: value}, nil
}

// isWINAType knows the bearer address types that WINA registered.
func isWINAType(kind string) bool {
	for _, t := range [...]string{
		"GSM_MSISDN", "ANSI_136_MSISDN", "IS_637_MSISDN", "iDEN_MSISDN", "FLEX_MSISDN", "PHS_MSISDN", "GSM_Service_Code",
		"TETRA_ITSI", "TETRA_MSISDN", "ReFLEX_MSIDDN", "ReFLEX_MSISDN", "MAN",
	} {
		if strings.EqualFold(t, kind) {
			return true
		}
	}
	return false
}

func parseQualifiers(s string) ([]Qualifier, error) {
	if s == "" {
		return nil, nil
	}
	var list []Qualifier
	for pair := range strings.SplitSeq(s, "/") {
		keyword, value, ok := strings.Cut(pair, "=")
		if !ok || keyword == "" || strings.IndexFunc(keyword, notKeyword) >= 0 ||
			strings.IndexFunc(value, func(c rune) bool { return c < 0x20 || c > 0x7E || c == '=' }) >= 0 {
			return nil, fmt.Errorf("%q is no qualifier of the form keyword=value", clip(pair, 40))
		}
		if strings.EqualFold(keyword, "TYPE") {
			return nil, errors.New("it has two types")
		}
		if len(list) == maxQualifiers {
			return nil, fmt.Errorf("more than %d qualifiers", maxQualifiers)
		}
		list = append(list, Qualifier{keyword, value})
	}
	return list, nil
}

func notKeyword(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-'
}

func validHost(s string) bool {
	return s != "" && len(s) <= 253 && strings.IndexFunc(s, func(c rune) bool { return notKeyword(c) && c != '.' }) < 0
}

// unescape replaces %hh by the octet it stands for.
func unescape(s string) (string, error) {
	if strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) || hexDigit(s[i+1]) < 0 || hexDigit(s[i+2]) < 0 {
			return "", errors.New("a % is not followed by two hexadecimal digits")
		}
		out = append(out, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
		i += 2
	}
	return string(out), nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// FormatAddress writes a client address for a submission; ppg is the host part, "" for none.
func FormatAddress(a push.Address, ppg string) string {
	var b strings.Builder
	b.WriteString("WAPPUSH=")
	for i := range len(a.Value) {
		c := a.Value[i]
		plain := !notKeyword(rune(c)) || c == '+' || c == '.' || c == '_' || c == ':' && a.Type == push.IPv6
		if plain {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	b.WriteString("/TYPE=" + string(a.Type))
	if ppg != "" {
		b.WriteString("@" + ppg)
	}
	return b.String()
}

func appendAddress(list *[]Address) element {
	*list = append(*list, Address{})
	return &(*list)[len(*list)-1]
}

func (a *Address) set(name, value string) error {
	if name != "address-value" {
		return errUnknownName
	}
	a.Text = value
	return nil
}

func (a *Address) missing() string      { return required("address-value", a.Text) }
func (a *Address) child(string) element { return nil }
func (a *Address) lacks() string        { return "" }

func (a *Address) write(w *writer) {
	w.open("address")
	w.attr("address-value", a.Text)
	w.close()
}
