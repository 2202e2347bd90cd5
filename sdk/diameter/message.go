package diameter

import (
	"encoding/binary"
	"fmt"
	"io"
)

// headerSize is the length of a Diameter header (RFC 6733 §3).
const headerSize = 20

// The command flags of a header (RFC 6733 §3).
const (
	flagRequest   = 0x80
	flagProxiable = 0x40
	flagError     = 0x20
	flagRepeated  = 0x10
)

// A Header is the fixed part of a message (RFC 6733 §3).
type Header struct {
	Request   bool // the R bit
	Proxiable bool // the P bit
	// Error is the E bit: an answer that does not follow the grammar of its command, but only says what went wrong.
	Error bool
	// Repeated is the T bit: a request that may have been sent before.
	Repeated    bool
	Command     uint32 // 24 bits
	Application uint32
	HopByHop    uint32
	EndToEnd    uint32
}

// A Message is one Diameter message.
type Message struct {
	Header
	AVPs AVPs
}

// Append adds the message to b. It refuses what does not fit in the lengths of 24 bits.
func (m Message) Append(b []byte) ([]byte, error) {
	for _, a := range m.AVPs {
		if len(a.Data) > 1<<24-16 {
			return b, fmt.Errorf("%s of %d octets does not fit in a diameter message", a.Code, len(a.Data))
		}
	}
	start := len(b)
	b = append(b, make([]byte, headerSize)...)
	b = m.AVPs.Append(b)
	size := len(b) - start
	if size >= 1<<24 {
		return b[:start], fmt.Errorf("%d octets do not fit in a diameter message", size)
	}
	h := b[start:]
	binary.BigEndian.PutUint32(h, 1<<24|uint32(size))
	binary.BigEndian.PutUint32(h[4:], uint32(m.flags())<<24|m.Command&0xffffff)
	binary.BigEndian.PutUint32(h[8:], m.Application)
	binary.BigEndian.PutUint32(h[12:], m.HopByHop)
	binary.BigEndian.PutUint32(h[16:], m.EndToEnd)
	return b, nil
}

func (h Header) flags() (flags byte) {
	for _, f := range [...]struct {
		set bool
		bit byte
	}{{h.Request, flagRequest}, {h.Proxiable, flagProxiable}, {h.Error, flagError}, {h.Repeated, flagRepeated}} {
		if f.set {
			flags |= f.bit
		}
	}
	return flags
}

// Decode takes apart one whole message; its AVPs share the memory of b. If only the AVPs are wrong, the header is returned with the
// error.
func Decode(b []byte) (Message, error) {
	size, err := frameSize(b)
	if err != nil {
		return Message{}, err
	}
	if size != len(b) {
		return Message{}, fmt.Errorf("%w: it says %d octets and has %d", ErrMalformed, size, len(b))
	}
	m := Message{Header: Header{
		Request:     b[4]&flagRequest != 0,
		Proxiable:   b[4]&flagProxiable != 0,
		Error:       b[4]&flagError != 0,
		Repeated:    b[4]&flagRepeated != 0,
		Command:     uint24(b[5:]),
		Application: binary.BigEndian.Uint32(b[8:]),
		HopByHop:    binary.BigEndian.Uint32(b[12:]),
		EndToEnd:    binary.BigEndian.Uint32(b[16:]),
	}}
	m.AVPs, err = ParseAVPs(b[headerSize:])
	return m, err
}

// Read reads one message of at most limit octets from a stream. After an error nothing more can be read from it.
func Read(r io.Reader, limit int) (Message, error) {
	frame, err := readFrame(r, limit)
	if err != nil {
		return Message{}, err
	}
	return Decode(frame)
}

// frameSize returns the length that the header at b says, once it can be one.
func frameSize(b []byte) (int, error) {
	if len(b) < headerSize {
		return 0, fmt.Errorf("%w: %d octets are no header", ErrMalformed, len(b))
	}
	if b[0] != 1 {
		return 0, fmt.Errorf("%w: version %d", ErrMalformed, b[0])
	}
	size := int(uint24(b[1:]))
	if size < headerSize || size%4 != 0 {
		return 0, fmt.Errorf("%w: a length of %d octets", ErrMalformed, size)
	}
	return size, nil
}

// readFrame reads the octets of one message, at most limit. After an error the stream is lost: where the next message begins is
// unknown.
func readFrame(r io.Reader, limit int) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	size, err := frameSize(header[:])
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("%w: %d octets are more than the limit of %d", ErrMalformed, size, limit)
	}
	b := make([]byte, size)
	copy(b, header[:])
	if _, err := io.ReadFull(r, b[headerSize:]); err != nil {
		return nil, fmt.Errorf("within a message of %d octets: %w", size, err)
	}
	return b, nil
}
