package gtp

import (
	"math"
	"strings"
)

// An APN is an access point name as text, its labels separated by dots: "push.operator". Whether the case of letters matters is
// for whoever compares them to say: it does not (3GPP TS 23.003 §9.1).
type APN string

// longestAPN is in octets, with the lengths of its labels (3GPP TS 23.003 §9.1).
const longestAPN = 100

// apn is the Access Point Name (§7.7.30): labels, each behind its length.
func (x *elements) apn(n need, v *APN) {
	if x.encoding {
		if *v == "" {
			x.absent(ElementAPN, n)
			return
		}
		b, fault := appendAPN(make([]byte, 0, len(*v)+1), *v)
		if fault != "" {
			x.unsendable(ElementAPN, fault)
			return
		}
		x.put(ElementAPN, b...)
		return
	}
	e, ok := x.read(ElementAPN, n, 0, math.MaxUint16)
	if !ok {
		return
	}
	a, ok := parseAPN(e.value)
	if !ok {
		x.incorrect(e, n, "not labels of letters, digits and hyphens of at most 100 octets")
		return
	}
	*v = a
}

// appendAPN appends the labels. What it returns beside them is why the APN is none, or "".
func appendAPN(dst []byte, v APN) ([]byte, string) {
	from := len(dst)
	for label := range strings.SplitSeq(string(v), ".") {
		if !isLabel(label) {
			return dst[:from], "not labels of letters, digits and hyphens"
		}
		dst = append(dst, byte(len(label)))
		dst = append(dst, label...)
	}
	if len(dst)-from > longestAPN {
		return dst[:from], "longer than 100 octets"
	}
	return dst, ""
}

func parseAPN(b []byte) (APN, bool) {
	if len(b) < 2 || len(b) > longestAPN {
		return "", false
	}
	text := make([]byte, 0, len(b))
	for len(b) > 0 {
		n := int(b[0])
		if n >= len(b) || !isLabel(b[1:n+1]) {
			return "", false
		}
		if len(text) > 0 {
			text = append(text, '.')
		}
		text = append(text, b[1:n+1]...)
		b = b[n+1:]
	}
	return APN(text), true
}

// isLabel accepts an underscore too, which networks use although the specification has none.
func isLabel[T string | []byte](label T) bool {
	if len(label) == 0 || len(label) > 63 {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
