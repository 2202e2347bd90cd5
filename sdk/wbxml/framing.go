package wbxml

// Version is the version octet of a WBXML document: high nibble major version minus one, low nibble minor version
// (WAP-192 §5.4).
type Version byte

// The versions that carry a charset in their header. The zero Version means Version12 to the encoder.
const (
	Version11 Version = 0x01
	Version12 Version = 0x02
	Version13 Version = 0x03
)

// Global tokens, WAP-192 §7.1.
const (
	tokenSwitchPage = 0x00
	tokenEnd        = 0x01
	tokenEntity     = 0x02
	tokenStrI       = 0x03
	tokenLiteral    = 0x04
	tokenExtI0      = 0x40
	tokenExtI2      = 0x42
	tokenPI         = 0x43
	tokenLiteralC   = 0x44
	tokenExtT0      = 0x80
	tokenExtT2      = 0x82
	tokenStrT       = 0x83
	tokenLiteralA   = 0x84
	tokenExt0       = 0xC0
	tokenExt2       = 0xC2
	tokenOpaque     = 0xC3
	tokenLiteralAC  = 0xC4
)

// Bits of a tag token, WAP-192 §5.8.2.
const (
	tagHasContent    = 0x40
	tagHasAttributes = 0x80
	tagMask          = 0x3F
)

// MIBenum numbers of the charsets that push documents come in.
const (
	charsetUnknown   = 0
	charsetASCII     = 3
	charsetISO8859_1 = 4
	charsetUTF8      = 106
)

// publicIDInTable says that the public identifier is a string of the string table, WAP-192 §5.5.
const publicIDInTable = 0

// appendUintvar appends v as a multi-byte integer, WAP-192 §5.1.
func appendUintvar(dst []byte, v uint32) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			dst = append(dst, byte(v>>shift)&0x7F|0x80)
		}
	}
	return append(dst, byte(v)&0x7F)
}
