package faults

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// A submission is one submit_sm that the gateway put on the link, with what became of its answer. It is read from the octets of
// the link by code of its own, so that a mistake of the gateway's SMPP codec does not cancel out.
type submission struct {
	to       string
	data     string // user data with its header
	at       time.Time
	answered time.Time // when the last octet of the answer went to the gateway, zero if it never did
	status   uint32
	lost     time.Time // when the connection ended without an answer, zero if it did not
}

// answerTime is a little less than the response_timeout of the configuration.
const answerTime = 2900 * time.Millisecond

// mayRepeat reports whether the gateway had a reason, before a moment, to submit this again: a status that asks for it, no answer
// in time, or none before the connection ended.
func (s *submission) mayRepeat(before time.Time) bool {
	switch {
	case !s.answered.IsZero() && s.answered.Before(before) && s.answered.Sub(s.at) < answerTime:
		return s.status != 0
	case !s.lost.IsZero() && s.lost.Before(before):
		return true
	}
	return before.Sub(s.at) >= answerTime
}

// An air is the record of all submissions, over all connections.
type air struct {
	mu      sync.Mutex
	all     []*submission
	open    map[submissionKey]*submission
	strange []string // PDUs that are none
}

type submissionKey struct {
	connection int
	sequence   uint32
}

func newAir() *air { return &air{open: map[submissionKey]*submission{}} }

// submissions returns what was recorded so far, in order.
func (a *air) submissions() []*submission {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}

// ended notes that a connection is gone, with the answers to what was open on it.
func (a *air) ended(connection int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, s := range a.open {
		if key.connection == connection {
			s.lost = time.Now()
			delete(a.open, key)
		}
	}
}

// SMPP 3.4 §5.1.2.1.
const (
	commandSubmitSM     = 0x00000004
	commandSubmitSMResp = 0x80000004
	tagMessagePayload   = 0x0424
)

// A tap cuts the octets of one direction of one connection into PDUs (SMPP 3.4 §3.2).
type tap struct {
	air        *air
	connection int
	rest       []byte
}

// pass takes octets that went over the link.
func (t *tap) pass(octets []byte) {
	t.rest = append(t.rest, octets...)
	for len(t.rest) >= 16 {
		length := binary.BigEndian.Uint32(t.rest)
		if length < 16 || length > 1<<16 {
			t.air.mu.Lock()
			t.air.strange = append(t.air.strange, string(t.rest[:16]))
			t.air.mu.Unlock()
			t.rest = nil
			return
		}
		if uint32(len(t.rest)) < length {
			return
		}
		t.pdu(t.rest[:length])
		t.rest = t.rest[length:]
	}
}

func (t *tap) pdu(b []byte) {
	command, status, sequence := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	key := submissionKey{t.connection, sequence}
	t.air.mu.Lock()
	defer t.air.mu.Unlock()
	switch command {
	case commandSubmitSM:
		to, data, ok := readSubmit(b[16:])
		if !ok {
			t.air.strange = append(t.air.strange, string(b))
			return
		}
		s := &submission{to: to, data: data, at: time.Now()}
		t.air.all = append(t.air.all, s)
		t.air.open[key] = s
	case commandSubmitSMResp:
		if s := t.air.open[key]; s != nil {
			s.answered, s.status = time.Now(), status
			delete(t.air.open, key)
		}
	}
}

// readSubmit reads the body of a submit_sm (SMPP 3.4 §4.4.1): destination and user data.
func readSubmit(b []byte) (to, data string, ok bool) {
	text := func() string {
		value, after, found := bytes.Cut(b, []byte{0})
		if !found {
			b = nil
			return ""
		}
		b = after
		return string(value)
	}
	skip := func(n int) { b = b[min(n, len(b)):] }
	text()  // service_type
	skip(2) // source TON, NPI
	text()
	skip(2) // destination TON, NPI
	to = text()
	skip(3) // esm_class, protocol_id, priority_flag
	text()  // schedule_delivery_time
	text()  // validity_period
	skip(4) // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return "", "", false
	}
	data, b = string(b[1:1+int(b[0])]), b[1+int(b[0]):]
	for len(b) >= 4 {
		tag, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < 4+length {
			return "", "", false
		}
		if tag == tagMessagePayload {
			data = string(b[4 : 4+length])
		}
		b = b[4+length:]
	}
	return to, data, to != ""
}

// A part is the place of an SMS in its message, read from its header (3GPP TS 23.040 §9.2.3.24). A message of one SMS has none.
type part struct {
	reference       int // -1 without
	number, of      int
	payload, header string
}

func readPart(data string) (part, bool) {
	p := part{reference: -1, number: 1, of: 1}
	if data == "" || len(data) < 1+int(data[0]) {
		return p, false
	}
	p.header, p.payload = data[1:1+int(data[0])], data[1+int(data[0]):]
	for h := p.header; len(h) >= 2; {
		id, length := h[0], int(h[1])
		if len(h) < 2+length {
			return p, false
		}
		switch value := h[2 : 2+length]; {
		case id == 0x00 && length == 3: // §9.2.3.24.1
			p.reference, p.of, p.number = int(value[0]), int(value[1]), int(value[2])
		case id == 0x08 && length == 4: // §9.2.3.24.8
			p.reference, p.of, p.number = int(value[0])<<8|int(value[1]), int(value[2]), int(value[3])
		}
		h = h[2+length:]
	}
	return p, true
}
