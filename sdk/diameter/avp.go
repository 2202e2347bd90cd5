package diameter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// ErrMalformed is what every refusal of the codec wraps: a length that does not fit, a version that is not 1, a value of the wrong
// size, groups in groups beyond the limit.
var ErrMalformed = errors.New("malformed diameter message")

// The flags of an AVP (RFC 6733 §4.1).
const (
	flagVendor    = 0x80
	flagMandatory = 0x40
	flagProtected = 0x20
)

// maxDepth is how deep groups may lie in groups. Sh needs two.
const maxDepth = 8

// A Code names an AVP: whose number it is in the upper 32 bits, 0 for the IETF, and the number in the lower.
type Code uint64

func (c Code) vendor() uint32 { return uint32(c >> 32) }

func (c Code) String() string {
	if c.vendor() == 0 {
		return fmt.Sprintf("AVP %d", uint32(c))
	}
	return fmt.Sprintf("AVP %d/%d", c.vendor(), uint32(c))
}

// An AVP is one attribute of a message (RFC 6733 §4).
type AVP struct {
	Code Code
	// Mandatory is the M bit: who does not know the AVP must refuse the message.
	Mandatory bool
	// Protected is the P bit, reserved for end-to-end security. It is kept and has no effect.
	Protected bool
	// Data is the value without padding. What was decoded shares the memory of the message.
	Data []byte

	depth int
}

// AVPs are attributes in the order of the message.
type AVPs []AVP

// Octets makes a mandatory AVP of octets or text.
func Octets[T ~string | ~[]byte](code Code, value T) AVP {
	return AVP{Code: code, Mandatory: true, Data: []byte(value)}
}

// Unsigned32 makes a mandatory AVP of a number; an Enumerated is written the same way (RFC 6733 §4.3.1).
func Unsigned32(code Code, value uint32) AVP {
	return AVP{Code: code, Mandatory: true, Data: binary.BigEndian.AppendUint32(nil, value)}
}

// Address makes a mandatory AVP of an IP address: the family, 1 or 2, and the address (RFC 6733 §4.3.1).
func Address(code Code, value netip.Addr) AVP {
	value = value.Unmap()
	family := byte(1)
	if value.Is6() {
		family = 2
	}
	return AVP{Code: code, Mandatory: true, Data: append([]byte{0, family}, value.AsSlice()...)}
}

// Grouped makes a mandatory AVP that holds others (RFC 6733 §4.4).
func Grouped(code Code, members ...AVP) AVP {
	return AVP{Code: code, Mandatory: true, Data: AVPs(members).Append(nil)}
}

// ParseAVPs takes apart AVPs in a row, all of b, each with its padding.
func ParseAVPs(b []byte) (AVPs, error) { return parseAVPs(b, 0) }

func parseAVPs(b []byte, depth int) (AVPs, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: groups more than %d deep", ErrMalformed, maxDepth)
	}
	var avps AVPs
	for at := 0; at < len(b); {
		rest := b[at:]
		if len(rest) < 8 {
			return nil, fmt.Errorf("%w: %d octets at %d are no AVP header", ErrMalformed, len(rest), at)
		}
		flags, length, header := rest[4], int(uint24(rest[5:])), 8
		a := AVP{
			Code:      Code(binary.BigEndian.Uint32(rest)),
			Mandatory: flags&flagMandatory != 0,
			Protected: flags&flagProtected != 0,
			depth:     depth,
		}
		if flags&flagVendor != 0 {
			header = 12
		}
		if length < header || length > len(rest) || padded(length) > len(rest) {
			return nil, fmt.Errorf("%w: AVP %d at %d says %d octets of %d", ErrMalformed, uint32(a.Code), at, length, len(rest))
		}
		if header == 12 {
			a.Code |= Code(binary.BigEndian.Uint32(rest[8:])) << 32
		}
		a.Data = rest[header:length:length]
		avps = append(avps, a)
		at += padded(length)
	}
	return avps, nil
}

// Append adds the AVPs, each with its padding, to b. It is for values that fit in the 24 bits of their length: the message that
// they become refuses to be encoded beyond them.
func (avps AVPs) Append(b []byte) []byte {
	for _, a := range avps {
		flags, header := byte(0), 8
		if a.Code.vendor() != 0 {
			flags, header = flagVendor, 12
		}
		if a.Mandatory {
			flags |= flagMandatory
		}
		if a.Protected {
			flags |= flagProtected
		}
		length := header + len(a.Data)
		b = binary.BigEndian.AppendUint32(b, uint32(a.Code))
		b = append(b, flags, byte(length>>16), byte(length>>8), byte(length))
		if header == 12 {
			b = binary.BigEndian.AppendUint32(b, a.Code.vendor())
		}
		b = append(b, a.Data...)
		b = append(b, make([]byte, padded(length)-length)...)
	}
	return b
}

// Find returns the first AVP of that code.
func (avps AVPs) Find(code Code) (AVP, bool) {
	for _, a := range avps {
		if a.Code == code {
			return a, true
		}
	}
	return AVP{}, false
}

// Text returns the value of the first AVP of that code, "" without one.
func (avps AVPs) Text(code Code) string {
	a, _ := avps.Find(code)
	return string(a.Data)
}

// Unsigned32 returns the value of an AVP of four octets.
func (a AVP) Unsigned32() (uint32, error) {
	if len(a.Data) != 4 {
		return 0, fmt.Errorf("%w: %s of %d octets is no number", ErrMalformed, a.Code, len(a.Data))
	}
	return binary.BigEndian.Uint32(a.Data), nil
}

// Group returns what a grouped AVP holds.
func (a AVP) Group() (AVPs, error) {
	members, err := parseAVPs(a.Data, a.depth+1)
	if err != nil {
		return nil, fmt.Errorf("in %s: %w", a.Code, err)
	}
	return members, nil
}

func padded(n int) int { return (n + 3) &^ 3 }

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }
