package pluginrpc

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// errWireType is a field that is not of its type.
var errWireType = errors.New("a field of the wrong wire type")

// A reader goes through the fields of a message (protobuf.dev, Encoding). After an error there are no more.
type reader struct {
	b   []byte
	typ protowire.Type
	err error
}

// next returns the number of the next field, 0 after the last. Its value has to be taken.
func (r *reader) next() protowire.Number {
	if r.err != nil || len(r.b) == 0 {
		return 0
	}
	number, typ, n := protowire.ConsumeTag(r.b)
	if n < 0 {
		r.err = protowire.ParseError(n)
		return 0
	}
	r.b, r.typ = r.b[n:], typ
	return number
}

// took goes past the value of a field.
func (r *reader) took(n int) bool {
	if n < 0 {
		r.err = protowire.ParseError(n)
		return false
	}
	r.b = r.b[n:]
	return true
}

// is reports whether the field has a type.
func (r *reader) is(typ protowire.Type) bool {
	if r.typ != typ {
		r.err = errWireType
	}
	return r.err == nil
}

func (r *reader) skip(number protowire.Number) {
	r.took(protowire.ConsumeFieldValue(number, r.typ, r.b))
}

// message is a field of octets, which belong to the frame.
func (r *reader) message() []byte {
	if !r.is(protowire.BytesType) {
		return nil
	}
	v, n := protowire.ConsumeBytes(r.b)
	r.took(n)
	return v
}

func (r *reader) text() string { return string(r.message()) }

// octets are a copy, nil for none.
func (r *reader) octets() []byte { return append([]byte(nil), r.message()...) }

func (r *reader) number() uint64 {
	if !r.is(protowire.VarintType) {
		return 0
	}
	v, n := protowire.ConsumeVarint(r.b)
	r.took(n)
	return v
}
