package smpp

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// DecodeError says which field of which PDU could not be read, and which status answers it.
type DecodeError struct {
	Command CommandID
	Field   string // in the specification's spelling
	Status  Status // what a response to such a PDU carries
	Reason  string
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("smpp: %v: %s: %s", e.Command, e.Field, e.Reason)
}

// decoder takes fields from the front of b and keeps the first error; after it, every field is zero.
type decoder struct {
	b        []byte
	command  CommandID
	response bool
	mayEnd   bool // an error response, or one without a body: it may end before any field
	err      error
}

func (d *decoder) fail(field, format string, args ...any) {
	if d.err == nil {
		d.err = &DecodeError{Command: d.command, Field: field, Status: fieldStatus(field), Reason: fmt.Sprintf(format, args...)}
	}
	d.b = nil
}

// ended says that there is nothing to read, and makes that an error where the PDU may not end here.
func (d *decoder) ended(field string) bool {
	if len(d.b) > 0 {
		return false
	}
	if !d.mayEnd {
		d.fail(field, "the PDU ends before it")
	}
	return true
}

func (d *decoder) u8(field string) uint8 {
	if d.ended(field) {
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) cstring(field string, limit int) string {
	if d.ended(field) {
		return ""
	}
	i := bytes.IndexByte(d.b, 0)
	if d.response {
		// A message_id that is too long or lacks its NUL is no reason to lose the answer.
		if i < 0 {
			s := string(d.b)
			d.b = nil
			return s
		}
	} else if i < 0 || i >= limit {
		d.fail(field, "no NUL in its %d octets", min(limit, len(d.b)))
		return ""
	}
	s := string(d.b[:i])
	d.b = d.b[i+1:]
	return s
}

func (d *decoder) address(ton, npi, field string, limit int) Address {
	return Address{TON: TON(d.u8(ton)), NPI: NPI(d.u8(npi)), Addr: d.cstring(field, limit)}
}

// rest is a copy of what is left, or nil.
func (d *decoder) rest() []byte {
	if len(d.b) == 0 {
		return nil
	}
	r := bytes.Clone(d.b)
	d.b = nil
	return r
}

// messageAndTLVs reads sm_length, short_message and the optional parameters, with one copy for all of them.
func (d *decoder) messageAndTLVs() ([]byte, TLVs) {
	n := int(d.u8("sm_length"))
	if n > len(d.b) {
		d.fail("sm_length", "%d octets of short_message, %d are left", n, len(d.b))
	}
	if len(d.b) == 0 {
		return nil, nil
	}
	d.b = bytes.Clone(d.b)
	var sm []byte
	if n > 0 {
		sm = d.b[:n:n]
	}
	d.b = d.b[n:]
	return sm, d.ownedTLVs()
}

// tlvs reads the optional parameters and copies their values.
func (d *decoder) tlvs() TLVs {
	if len(d.b) == 0 {
		return nil
	}
	d.b = bytes.Clone(d.b)
	return d.ownedTLVs()
}

// ownedTLVs reads the optional parameters; their values are parts of d.b.
func (d *decoder) ownedTLVs() TLVs {
	if len(d.b) == 0 {
		return nil
	}
	count := 0
	for b := d.b; len(b) >= 4; count++ {
		n := 4 + int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) {
			break
		}
		b = b[n:]
	}
	t := make(TLVs, 0, count)
	for len(d.b) > 0 {
		if len(d.b) < 4 {
			d.fail(fieldTLVs, "%d octets after the last one", len(d.b))
			return t
		}
		tag, n := Tag(binary.BigEndian.Uint16(d.b)), int(binary.BigEndian.Uint16(d.b[2:]))
		if n > len(d.b)-4 {
			d.fail(fieldTLVs, "%v of %d octets, %d are left", tag, n, len(d.b)-4)
			return t
		}
		t = append(t, TLV{Tag: tag, Value: d.b[4 : 4+n : 4+n]})
		d.b = d.b[4+n:]
	}
	return t
}

const fieldTLVs = "optional parameters"

// fieldStatus is the status that answers a PDU with a bad field. SMPP 3.4 §5.1.3.
func fieldStatus(field string) Status {
	switch field {
	case "system_id":
		return StatusInvSysID
	case "password":
		return StatusInvPaswd
	case "system_type":
		return StatusInvSysTyp
	case "service_type":
		return StatusInvSerTyp
	case "source_addr":
		return StatusInvSrcAdr
	case "destination_addr":
		return StatusInvDstAdr
	case "message_id":
		return StatusInvMsgID
	case "schedule_delivery_time":
		return StatusInvSched
	case "validity_period":
		return StatusInvExpiry
	case "sm_length":
		return StatusInvMsgLen
	case fieldTLVs:
		return StatusInvTLVStream
	}
	return StatusInvCmdLen
}
