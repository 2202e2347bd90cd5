package smpp

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// FrameError is a command_length that cannot be one: below HeaderSize or above the limit. What follows it on the link cannot be read.
type FrameError struct {
	Length   uint32 // octets
	Limit    int    // octets
	sequence uint32
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("smpp: command_length %d (0x%08x) is not between %d and %d: oversized PDU or not SMPP", e.Length, e.Length, HeaderSize, e.Limit)
}

// readBuffer is the size of a link's read buffer in octets.
const readBuffer = 32 << 10

// frameReader cuts a stream into PDUs.
type frameReader struct {
	r     *bufio.Reader
	limit int
	last  int  // octets of the last frame that are still in r
	fresh bool // the last frame, or its end, came by a read of its own
}

func newFrameReader(r io.Reader, limit int) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, readBuffer), limit: limit}
}

// next is the next whole PDU; it is valid until the next call. io.EOF comes only between two PDUs.
func (f *frameReader) next() ([]byte, error) {
	if _, err := f.r.Discard(f.last); err != nil {
		return nil, err
	}
	f.last = 0
	before := f.r.Buffered()
	b, err := f.r.Peek(4)
	if err != nil {
		return nil, midFrame(err, len(b))
	}
	length := binary.BigEndian.Uint32(b)
	if length < HeaderSize || uint64(length) > uint64(f.limit) {
		return nil, &FrameError{Length: length, Limit: f.limit, sequence: f.plausibleSequence()}
	}
	n := int(length)
	f.fresh = before < n
	if n <= f.r.Size() {
		b, err := f.r.Peek(n)
		if err != nil {
			return nil, midFrame(err, len(b))
		}
		f.last = n
		return b, nil
	}
	frame := make([]byte, n)
	if got, err := io.ReadFull(f.r, frame); err != nil {
		return nil, midFrame(err, got)
	}
	return frame, nil
}

// ready says whether next has a whole PDU at hand, and will not read.
func (f *frameReader) ready() bool {
	n := f.r.Buffered() - f.last
	if n < HeaderSize {
		return false
	}
	b, err := f.r.Peek(f.last + 4)
	return err == nil && uint64(binary.BigEndian.Uint32(b[f.last:])) <= uint64(n)
}

// plausibleSequence is the sequence_number of a frame with a bad length if the rest of its header is at hand and looks like one. A
// generic_nack to a header that cannot be read has sequence_number 0. SMPP 3.4 §4.3.1.
func (f *frameReader) plausibleSequence() uint32 {
	if f.r.Buffered() < HeaderSize {
		return 0
	}
	b, err := f.r.Peek(HeaderSize)
	if err != nil || requestName(CommandID(binary.BigEndian.Uint32(b[4:]))) == "" {
		return 0
	}
	if seq := binary.BigEndian.Uint32(b[12:]); seq <= MaxSequence {
		return seq
	}
	return 0
}

func midFrame(err error, got int) error {
	if err == io.EOF && got > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}
