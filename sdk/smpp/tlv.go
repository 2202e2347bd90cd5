package smpp

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// maxTLVValue is the size of the largest value of an optional parameter in octets. SMPP 3.4 §5.3.1.
const maxTLVValue = 0xFFFF

// TLV is one optional parameter.
type TLV struct {
	Tag   Tag
	Value []byte // at most 65535 octets
}

// TLVs are the optional parameters of a PDU in the order of the wire. A tag may come more than once; unknown tags are kept.
type TLVs []TLV

// Get is the value of the first parameter with the tag.
func (t TLVs) Get(tag Tag) (value []byte, ok bool) {
	for i := range t {
		if t[i].Tag == tag {
			return t[i].Value, true
		}
	}
	return nil, false
}

// Uint is the value of the first parameter with the tag, read as an integer of the width that SMPP 3.4 §5.3.2 gives it (of its own width
// for a tag that is not in there). Another width is an error.
func (t TLVs) Uint(tag Tag) (v uint32, ok bool, err error) {
	b, ok := t.Get(tag)
	if !ok {
		return 0, false, nil
	}
	form := tag.form()
	if form.kind != kindUnknown && (form.kind != kindInteger || len(b) != form.max) {
		return 0, true, fmt.Errorf("smpp: %v: %d octets are not an integer of this parameter", tag, len(b))
	}
	switch len(b) {
	case 1:
		return uint32(b[0]), true, nil
	case 2:
		return uint32(binary.BigEndian.Uint16(b)), true, nil
	case 4:
		return binary.BigEndian.Uint32(b), true, nil
	}
	return 0, true, fmt.Errorf("smpp: %v: %d octets are not an integer", tag, len(b))
}

// CString is the value of the first parameter with the tag up to its NUL, or all of it if a peer left the NUL out.
func (t TLVs) CString(tag Tag) (s string, ok bool) {
	b, ok := t.Get(tag)
	s, _, _ = strings.Cut(string(b), "\x00")
	return s, ok
}

// AddUint appends an integer in the width that SMPP 3.4 §5.3.2 gives its tag. A value that does not fit is an error, and so is a tag
// that is not an integer there: a vendor's parameter goes through Add, in octets.
func (t *TLVs) AddUint(tag Tag, v uint32) error {
	form := tag.form()
	if form.kind != kindInteger {
		return fmt.Errorf("smpp: %v: not an integer by SMPP 3.4 §5.3.2", tag)
	}
	if form.max < 4 && v >= 1<<(8*form.max) {
		return fmt.Errorf("smpp: %v: %d does not fit in %d octets", tag, v, form.max)
	}
	b := binary.BigEndian.AppendUint32(nil, v)
	*t = append(*t, TLV{Tag: tag, Value: b[4-form.max:]})
	return nil
}

// AddCString appends a string and its NUL. A NUL inside and a string that is too long are errors.
func (t *TLVs) AddCString(tag Tag, s string) error {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return fmt.Errorf("smpp: %v: a NUL at octet %d", tag, i)
	}
	if form := tag.form(); form.kind != kindUnknown && form.kind != kindCString {
		return fmt.Errorf("smpp: %v: not a C-octet string by SMPP 3.4 §5.3.2", tag)
	}
	return t.Add(tag, append([]byte(s), 0))
}

// Add appends octets as they are and keeps the slice. A size that SMPP 3.4 §5.3.2 does not allow for the tag is an error.
func (t *TLVs) Add(tag Tag, value []byte) error {
	form := tag.form()
	if len(value) < form.min || len(value) > form.max {
		return fmt.Errorf("smpp: %v: %d octets, must be %d to %d", tag, len(value), form.min, form.max)
	}
	*t = append(*t, TLV{Tag: tag, Value: value})
	return nil
}
