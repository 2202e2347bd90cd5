package sqlite

import (
	"database/sql/driver"
	"encoding/binary"
	"hash/crc32"
	"time"
	"unsafe"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A digest is the CRC-32C of the values of a row, each with its type and length, after the table's name. It is made from what
// is bound to a statement, with the methods for its types, and checked against what a statement returned, with add.
type digest uint32

func newDigest(table string) digest {
	return digest(crc32.Update(0, castagnoli, []byte(table)))
}

// Types of a value, as they go into a digest.
const (
	digestNull = iota
	digestInt
	digestText
	digestOctets
	digestOther = 255 // what no column of ours holds: damage, which must not match
)

func (d digest) header(kind byte, n uint64) digest {
	var b [9]byte
	b[0] = kind
	binary.LittleEndian.PutUint64(b[1:], n)
	return digest(crc32.Update(uint32(d), castagnoli, b[:]))
}

func (d digest) null() digest { return digest(crc32.Update(uint32(d), castagnoli, []byte{digestNull})) }

func (d digest) int(n int64) digest { return d.header(digestInt, uint64(n)) }

func (d digest) text(s string) digest {
	d = d.header(digestText, uint64(len(s)))
	return digest(crc32.Update(uint32(d), castagnoli, unsafe.Slice(unsafe.StringData(s), len(s)))) // only read, and not kept
}

// octets takes nil for NULL.
func (d digest) octets(b []byte) digest {
	if b == nil {
		return d.null()
	}
	return digest(crc32.Update(uint32(d.header(digestOctets, uint64(len(b)))), castagnoli, b))
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
