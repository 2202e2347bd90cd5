package mobile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Message types of SGsAP (3GPP TS 29.118 §9.2), those that an MME with mobiles needs.
const (
	pagingRequest            = 0x01
	serviceRequest           = 0x06
	downlinkUnitdata         = 0x07
	uplinkUnitdata           = 0x08
	locationUpdateRequest    = 0x09
	locationUpdateAccept     = 0x0a
	locationUpdateReject     = 0x0b
	tmsiReallocationComplete = 0x0c
	ueUnreachable            = 0x1f
)

// Information elements (3GPP TS 29.118 §9.3).
const (
	ieIMSI             = 0x01
	ieLocationArea     = 0x04
	ieSGsCause         = 0x08
	ieMMEName          = 0x09
	ieLocationUpdate   = 0x0a
	ieMobileIdentity   = 0x0e // a TMSI, in LOCATION-UPDATE-ACCEPT
	ieNASContainer     = 0x16
	ieServiceIndicator = 0x20
	ieUEEMMMode        = 0x25
)

// Their values, as far as they are always the same.
const (
	causeUEUnreachable = 0x03 // SGs cause (3GPP TS 29.118 §9.4.18)
	imsiAttach         = 0x01 // EPS location update type (§9.4.2)
	emmIdle            = 0x00 // UE EMM mode (§9.4.21c)
)

const (
	framing    = 8        // octets before a message: length, payload protocol identifier
	maxMessage = 64 << 10 // octets of a message that is believed
	maxElement = 255      // octets in an information element
)

// An sgsMessage is one SGsAP message: its type and its information elements, each at most once.
type sgsMessage struct {
	kind     byte
	elements map[byte][]byte
}

// element writes an information element.
func element(id byte, value ...byte) []byte {
	if len(value) > maxElement {
		panic("an SGsAP information element has at most 255 octets")
	}
	return append([]byte{id, byte(len(value))}, value...)
}

// writeMessage writes a message with the given elements, in one piece.
func writeMessage(w io.Writer, kind byte, elements ...[]byte) error {
	b := make([]byte, framing, framing+64)
	b = append(b, kind)
	for _, e := range elements {
		b = append(b, e...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-framing))
	_, err := w.Write(b)
	return err
}

// readMessage reads the next message.
func readMessage(r io.Reader) (sgsMessage, error) {
	var header [framing]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return sgsMessage{}, err
	}
	n := binary.BigEndian.Uint32(header[:])
	if n == 0 || n > maxMessage {
		return sgsMessage{}, fmt.Errorf("SGsAP message of %d octets", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return sgsMessage{}, err
	}
	m := sgsMessage{kind: b[0], elements: map[byte][]byte{}}
	for rest := b[1:]; len(rest) > 0; {
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return m, fmt.Errorf("SGsAP message %#x ends within an information element", m.kind)
		}
		m.elements[rest[0]] = rest[2 : 2+int(rest[1])]
		rest = rest[2+int(rest[1]):]
	}
	return m, nil
}

// imsiDigits writes an IMSI as a mobile identity (3GPP TS 24.008 §10.5.1.4).
func imsiDigits(imsi string) []byte {
	const typeIMSI = 1
	b := []byte{imsi[0]&0xf<<4 | typeIMSI | byte(len(imsi)%2)<<3}
	for i := 1; i < len(imsi); i += 2 {
		high := byte(0xf)
		if i+1 < len(imsi) {
			high = imsi[i+1] & 0xf
		}
		b = append(b, high<<4|imsi[i]&0xf)
	}
	return b
}

// imsiOf reads what imsiDigits wrote.
func imsiOf(b []byte) (string, error) {
	if len(b) == 0 {
		return "", errors.New("no IMSI")
	}
	digits := []byte{b[0] >> 4}
	for _, o := range b[1:] {
		digits = append(digits, o&0xf, o>>4)
	}
	if digits[len(digits)-1] == 0xf {
		digits = digits[:len(digits)-1]
	}
	for i := range digits {
		digits[i] += '0'
	}
	return string(digits), nil
}

// domainName writes a name as DNS does, which is how an MME is called (3GPP TS 29.118 §9.4.13).
func domainName(name string) []byte {
	var b []byte
	for _, label := range strings.Split(name, ".") {
		b = append(append(b, byte(len(label))), label...)
	}
	return append(b, 0)
}
