package integration

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/peers"
)

// The messages of GSUP that an SGSN and an HLR exchange over a location, and the two protocols that carry them and their beginning
// (OsmoHLR user manual, "Generic Subscriber Update Protocol"; IPA multiplex).
const (
	gsupUpdateLocationRequest = 0x04
	gsupUpdateLocationError   = 0x05
	gsupUpdateLocationResult  = 0x06
	gsupPurgeRequest          = 0x0c
	gsupPurgeResult           = 0x0e
	gsupInsertDataRequest     = 0x10
	gsupInsertDataResult      = 0x12

	ipaCCM, ipaIdentityRequest, ipaIdentityAnswer = 0xfe, 0x04, 0x05
	ipaOsmo, ipaGSUP                              = 0xee, 0x05
)

// An sgsn is ours: all of an SGSN that a home location register sees. Its name is what the register knows as the location.
type sgsn struct {
	t    *testing.T
	conn net.Conn
}

// newSGSN connects to an OsmoHLR under a name.
func newSGSN(t *testing.T, hlr *peers.OsmoHLR, name string) *sgsn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", hlr.GSUP, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &sgsn{t, conn}
	if b := s.receive(ipaCCM); b[0] != ipaIdentityRequest {
		t.Fatalf("OsmoHLR begins with %x, and not with the question who this is", b)
	}
	identity := []byte{ipaIdentityAnswer}
	for _, field := range []struct {
		tag  byte
		text string
	}{{8, "0/0/0"}, {1, name}, {0, name}} { // unit id, unit name, serial number: the last counts
		identity = binary.BigEndian.AppendUint16(identity, uint16(len(field.text)+2))
		identity = append(append(append(identity, field.tag), field.text...), 0)
	}
	s.send(ipaCCM, identity) // it is not acknowledged
	return s
}

func (s *sgsn) send(protocol byte, message []byte) {
	s.t.Helper()
	frame := append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), protocol)
	if _, err := s.conn.Write(append(frame, message...)); err != nil {
		s.t.Fatal(err)
	}
}

// receive returns the next message of a protocol.
func (s *sgsn) receive(protocol byte) []byte {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		var head [3]byte
		if _, err := io.ReadFull(s.conn, head[:]); err != nil {
			s.t.Fatalf("from OsmoHLR: %v", err)
		}
		b := make([]byte, binary.BigEndian.Uint16(head[:]))
		if _, err := io.ReadFull(s.conn, b); err != nil || len(b) == 0 {
			s.t.Fatalf("from OsmoHLR: %x, %v", b, err)
		}
		if head[2] == protocol {
			return b
		}
	}
}

// attach has the register note that the subscriber is here. An error is the register's refusal.
func (s *sgsn) attach(imsi string) error {
	s.t.Helper()
	s.send(ipaOsmo, gsup(gsupUpdateLocationRequest, imsi, 0x28, 1, 1)) // for the packet-switched domain
	for {
		b := s.receive(ipaOsmo)
		if len(b) < 4 || b[0] != ipaGSUP {
			continue
		}
		switch b[1] {
		case gsupInsertDataRequest:
			s.send(ipaOsmo, gsup(gsupInsertDataResult, imsi))
		case gsupUpdateLocationResult:
			return nil
		case gsupUpdateLocationError:
			return fmt.Errorf("refused: %x", b)
		}
	}
}

// purge has the register note that the SGSN has forgotten the subscriber.
func (s *sgsn) purge(imsi string) {
	s.t.Helper()
	s.send(ipaOsmo, gsup(gsupPurgeRequest, imsi, 0x28, 1, 1))
	if b := s.receive(ipaOsmo); !bytes.HasPrefix(b, []byte{ipaGSUP, gsupPurgeResult}) {
		s.t.Fatalf("OsmoHLR to a purge: %x", b)
	}
}

// gsup is a message about a subscriber.
func gsup(kind byte, imsi string, elements ...byte) []byte {
	digits := imsi
	if len(digits)%2 == 1 {
		digits += "?" // whose lower half is the filler
	}
	b := []byte{ipaGSUP, kind, 0x01, byte(len(digits) / 2)}
	for i := 0; i < len(digits); i += 2 {
		b = append(b, digits[i]&15|digits[i+1]<<4)
	}
	return append(b, elements...)
}
