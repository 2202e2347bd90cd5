package sqlite

import (
	"database/sql/driver"
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A digest is the CRC-32C of the values of a row in the order of its column list, each with its type and length, after the
// table's name. It is made from what is bound to a statement and checked against what a statement returned.
type digest uint32

func newDigest(table string) digest {
	return digest(crc32.Update(0, castagnoli, []byte(table)))
}

func (d digest) add(values ...driver.Value) digest {
	var space [512]byte
	buf, crc := space[:0], uint32(d)
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			buf = append(buf, 0)
		case int64:
			buf = binary.LittleEndian.AppendUint64(append(buf, 1), uint64(v))
		case string:
			buf = binary.LittleEndian.AppendUint64(append(buf, 2), uint64(len(v)))
			buf = append(buf, v...)
		case []byte:
			buf = binary.LittleEndian.AppendUint64(append(buf, 3), uint64(len(v)))
			crc = crc32.Update(crc32.Update(crc, castagnoli, buf), castagnoli, v)
			buf = buf[:0]
		default: // a type that no column of ours has: damage, which must not match
			buf = append(buf, 255)
		}
	}
	return digest(crc32.Update(crc, castagnoli, buf))
}

// value is the digest as it is stored.
func (d digest) value() driver.Value { return int64(d) }
