package limits

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// An smsc binds whoever comes and counts what is submitted. It answers with success unless it is silent.
type smsc struct {
	address string
	silent  atomic.Bool
	submits atomic.Int64

	mu    sync.Mutex
	conns []net.Conn
}

func newSMSC(t *testing.T) *smsc {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smsc{address: l.Addr().String()}
	t.Cleanup(func() {
		l.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.conns {
			c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			go s.serve(c)
		}
	}()
	return s
}

// serve answers PDUs (SMPP 3.4 §5.1.2.1) until the connection ends.
func (s *smsc) serve(c net.Conn) {
	const (
		submitSM    = 0x00000004
		enquireLink = 0x00000015
		unbind      = 0x00000006
		response    = 0x80000000
		longest     = 1 << 20
	)
	defer c.Close()
	for {
		var header [16]byte
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		length, id := binary.BigEndian.Uint32(header[:]), binary.BigEndian.Uint32(header[4:])
		if length < 16 || length > longest {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(length-16)); err != nil {
			return
		}
		body := "smsc\x00" // a system_id or a message_id
		switch {
		case id&response != 0:
			continue
		case id == submitSM:
			s.submits.Add(1)
			if s.silent.Load() {
				continue
			}
		case id == enquireLink || id == unbind:
			body = ""
		}
		answer := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
		answer = binary.BigEndian.AppendUint32(answer, id|response)
		answer = binary.BigEndian.AppendUint32(answer, 0)
		answer = append(answer, header[12:]...)
		if _, err := c.Write(append(answer, body...)); err != nil {
			return
		}
	}
}
