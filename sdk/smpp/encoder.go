package smpp

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// EncodeError says which field of which PDU cannot be sent, and why.
type EncodeError struct {
	Command CommandID
	Field   string // in the specification's spelling
	Reason  string
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("smpp: %v: %s: %s", e.Command, e.Field, e.Reason)
}

// encoder appends fields to b and keeps the first error.
type encoder struct {
	b       []byte
	command CommandID
	err     error
}

func (e *encoder) fail(field, format string, args ...any) {
	if e.err == nil {
		e.err = &EncodeError{Command: e.command, Field: field, Reason: fmt.Sprintf(format, args...)}
	}
}

func (e *encoder) u8(v uint8)   { e.b = append(e.b, v) }
func (e *encoder) u16(v uint16) { e.b = binary.BigEndian.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = binary.BigEndian.AppendUint32(e.b, v) }

// cstring writes a C-octet string of at most limit octets, its NUL included. SMPP 3.4 §3.1.
func (e *encoder) cstring(field, s string, limit int) {
	if len(s) >= limit {
		e.fail(field, "%d octets, at most %d", len(s), limit-1)
		return
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		e.fail(field, "a NUL at octet %d", i)
		return
	}
	e.b = append(e.b, s...)
	e.b = append(e.b, 0)
}

func (e *encoder) address(field string, a Address, limit int) {
	e.u8(uint8(a.TON))
	e.u8(uint8(a.NPI))
	e.cstring(field, a.Addr, limit)
}

// shortMessage writes sm_length and short_message. SMPP 3.4 §5.2.21, §5.2.22: 254 octets at most, more goes into message_payload.
func (e *encoder) shortMessage(sm []byte) {
	if len(sm) > MaxShortMessage {
		e.fail("short_message", "%d octets, at most %d (more goes into message_payload)", len(sm), MaxShortMessage)
		return
	}
	e.u8(uint8(len(sm)))
	e.b = append(e.b, sm...)
}

func (e *encoder) tlvs(t TLVs) {
	for _, v := range t {
		if len(v.Value) > maxTLVValue {
			e.fail(v.Tag.String(), "%d octets, at most %d", len(v.Value), maxTLVValue)
			return
		}
		e.u16(uint16(v.Tag))
		e.u16(uint16(len(v.Value)))
		e.b = append(e.b, v.Value...)
	}
}
