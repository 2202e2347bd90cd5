package sqlite

import (
	"database/sql/driver"
	"hash/crc32"
	"time"
	"unsafe"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A digest is the CRC-32C of the values of a row, each with its type and length, after the table's name. It is made from what
// is bound to a statement, with the methods for its types, and checked against what a statement returned, with add.
type digest uint32

func newDigest(table string) digest { return digest(0).bytes(octetsOf(table)) }

// octetsOf is a text as octets, which are only read, and not kept.
func octetsOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func (d digest) bytes(b []byte) digest { return digest(crc32.Update(uint32(d), castagnoli, b)) }

// Types of a value, as they go into a digest.
const (
	digestNull = iota
	digestInt
	digestText
	digestOctets
	digestOther = 255 // what no column of ours holds: damage, which must not match
)

// octet goes on by one octet, without the slice that crc32.Update makes the heap keep.
func (d digest) octet(b byte) digest {
	c := ^uint32(d)
	return digest(^(castagnoli[byte(c)^b] ^ c>>8))
}

func (d digest) header(kind byte, n uint64) digest {
	d = d.octet(kind)
	for range 8 { // little endian
		d = d.octet(byte(n))
		n >>= 8
	}
	return d
}

func (d digest) null() digest { return d.octet(digestNull) }

func (d digest) int(n int64) digest { return d.header(digestInt, uint64(n)) }

func (d digest) text(s string) digest { return d.header(digestText, uint64(len(s))).bytes(octetsOf(s)) }

// octets takes nil for NULL.
func (d digest) octets(b []byte) digest {
	if b == nil {
		return d.null()
	}
	return d.header(digestOctets, uint64(len(b))).bytes(b)
}

// time is that of nanos.
func (d digest) time(t time.Time) digest {
	if t.IsZero() {
		return d.null()
	}
	return d.int(bounded(t).UnixNano())
}

func (d digest) add(values ...driver.Value) digest {
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			d = d.null()
		case int64:
			d = d.int(v)
		case string:
			d = d.text(v)
		case []byte:
			if v == nil {
				v = []byte{} // an empty blob
			}
			d = d.octets(v)
		default:
			d = d.header(digestOther, 0)
		}
	}
	return d
}

// value is the digest as it is stored.
func (d digest) value() driver.Value { return int64(d) }
