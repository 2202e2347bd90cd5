package ggsn

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// kernelParts says that the kernel takes several packets as one message.
const kernelParts = true

// appendPartedBy appends the control message that has the kernel part a message into packets of so many octets each (Linux, udp(7)).
func appendPartedBy(dst []byte, octets int) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, unix.CmsgSpace(2))...)
	b, length := dst[at:], uint64(unix.CmsgLen(2))
	const word = unix.SizeofCmsghdr - 8 // struct cmsghdr: a size_t, and two ints
	if word == 8 {
		binary.NativeEndian.PutUint64(b, length)
	} else {
		binary.NativeEndian.PutUint32(b, uint32(length))
	}
	binary.NativeEndian.PutUint32(b[word:], unix.IPPROTO_UDP)
	binary.NativeEndian.PutUint32(b[word+4:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(octets))
	return dst
}
