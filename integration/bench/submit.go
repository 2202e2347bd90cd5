//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
)

// The PDUs that the sink knows (SMPP 3.4 §5.1.2.1).
const (
	genericNack     = 0x80000000
	bindReceiver    = 0x00000001
	bindTransmitter = 0x00000002
	bindTransceiver = 0x00000009
	submitSM        = 0x00000004
	unbind          = 0x00000006
	enquireLink     = 0x00000015
	response        = 0x80000000

	headerLength   = 16
	longestPDU     = 64 << 10
	messagePayload = 0x0424
	esmClassUDHI   = 0x40
)

// A submit is what the sink wants to know of a submit_sm. Its slices are valid while the PDU is.
type submit struct {
	destination []byte
	content     []byte // behind the user data header
	part, parts int    // 1 of 1 where the message is whole
	reference   int
	port        int // the destination port, 0 without one
}

// parseSubmit reads the body of a submit_sm (SMPP 3.4 §4.4.1).
func parseSubmit(b []byte) (s submit, ok bool) {
	next := func() []byte {
		end := bytes.IndexByte(b, 0)
		if end < 0 {
			ok = false
			return nil
		}
		text := b[:end]
		b = b[end+1:]
		return text
	}
	skip := func(n int) []byte {
		if len(b) < n {
			ok = false
			return make([]byte, n)
		}
		octets := b[:n]
		b = b[n:]
		return octets
	}
	ok = true
	next()  // service_type
	skip(2) // source TON, NPI
	next()  // source
	skip(2) // destination TON, NPI
	s.destination = next()
	esmClass := skip(3)[0] // then protocol_id, priority_flag
	next()                 // schedule_delivery_time
	next()                 // validity_period
	length := skip(5)[4]   // after registered_delivery, replace_if_present, data_coding, sm_default_msg_id
	data := skip(int(length))
	for len(b) >= 4 {
		tag, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		skip(4)
		if value := skip(n); tag == messagePayload {
			data = value
		}
	}
	s.part, s.parts, s.content = 1, 1, data
	if ok && esmClass&esmClassUDHI != 0 {
		ok = s.parseUDH(data)
	}
	return s, ok
}

// parseUDH reads the user data header: concatenation and ports (3GPP TS 23.040 §9.2.3.24).
func (s *submit) parseUDH(data []byte) bool {
	if len(data) == 0 || len(data) < 1+int(data[0]) {
		return false
	}
	udh := data[1 : 1+data[0]]
	s.content = data[1+data[0]:]
	for len(udh) > 0 {
		if len(udh) < 2 || len(udh) < 2+int(udh[1]) {
			return false
		}
		value := udh[2 : 2+udh[1]]
		switch {
		case udh[0] == 0x00 && len(value) == 3:
			s.reference, s.parts, s.part = int(value[0]), int(value[1]), int(value[2])
		case udh[0] == 0x08 && len(value) == 4:
			s.reference, s.parts, s.part = int(binary.BigEndian.Uint16(value)), int(value[2]), int(value[3])
		case udh[0] == 0x05 && len(value) == 4:
			s.port = int(binary.BigEndian.Uint16(value))
		}
		udh = udh[2+udh[1]:]
	}
	return s.part >= 1 && s.part <= s.parts
}
