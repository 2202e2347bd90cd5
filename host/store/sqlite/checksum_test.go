package sqlite

import (
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"
)

// The sum is that of databases that are there: a CRC-32C of the table's name and, for each value, its type, its length or number
// in eight octets, little endian, and its octets.
func TestDigest(t *testing.T) {
	var b []byte
	header := func(kind byte, n uint64) {
		b = binary.LittleEndian.AppendUint64(append(b, kind), n)
	}
	b = append(b, "results"...)
	header(1, 1<<63+5)
	header(2, 3)
	b = append(b, "abc"...)
	header(2, 0)
	b = append(b, 0)
	header(3, 2)
	b = append(b, 0xff, 0x00)
	header(3, 0)
	header(1, 1_000_000_007)
	b = append(b, 0)
	want := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	got := newDigest("results").int(-1<<63 + 5).text("abc").text("").null().octets([]byte{0xff, 0}).octets([]byte{}).
		time(time.Unix(1, 7)).time(time.Time{})
	if got != digest(want) {
		t.Errorf("the digest is %08x, want %08x", uint32(got), want)
	}
	got = newDigest("results").add(int64(-1<<63+5), "abc", "", nil, []byte{0xff, 0}, []byte(nil), int64(1_000_000_007), nil)
	if got != digest(want) {
		t.Errorf("the digest of what was read is %08x, want %08x", uint32(got), want)
	}
	// Of "123456789", the check value of CRC-32C in the catalogue of parametrised CRC algorithms (CRC-32/ISCSI).
	d := digest(0)
	for _, c := range []byte("123456789") {
		d = d.octet(c)
	}
	if d != 0xe3069283 {
		t.Errorf("octet by octet: %08x", uint32(d))
	}
}
