//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"time"
)

// A sink is the SMSC: it binds whoever comes, answers every submit_sm and books it.
type sink struct {
	loop     *loop
	listener *listener
	links    int // bound now
	book     *book
	submits  int
	// delay is how long an answer takes.
	delay   time.Duration
	delayed []delayedAnswer
	// silent tells which pushes are never answered, by their number; nil for none.
	silent func(n int) bool
	// failure is what a peer said that is no SMPP.
	failure error
}

type delayedAnswer struct {
	at       int64
	link     *smppLink
	sequence uint32
}

func newSink(l *loop) (*sink, error) {
	s := &sink{loop: l}
	var err error
	s.listener, err = l.listen(func(c *socket) peer { return &smppLink{sink: s, socket: c} })
	return s, err
}

// answerDelayed sends the answers whose time has come.
func (s *sink) answerDelayed() {
	now, due := s.loop.now(), 0
	for due < len(s.delayed) && s.delayed[due].at <= now {
		due++
	}
	for i, a := range s.delayed[:due] {
		a.link.answerSubmit(a.sequence)
		if i+1 == due || s.delayed[i+1].link != a.link {
			a.link.flush()
		}
	}
	s.delayed = s.delayed[due:]
}

// A smppLink is one bound session.
type smppLink struct {
	sink    *sink
	socket  *socket
	bound   bool
	answers []byte
}

func (k *smppLink) received(data []byte) int {
	now := k.sink.loop.now()
	used := 0
	for {
		b := data[used:]
		if len(b) < headerLength {
			break
		}
		length := int(binary.BigEndian.Uint32(b))
		if length < headerLength || length > longestPDU {
			k.sink.failure = errors.New("the gateway sent what is no SMPP")
			k.socket.close()
			return len(data)
		}
		if len(b) < length {
			break
		}
		used += length
		k.serve(b[:length], now)
	}
	k.flush()
	return used
}

func (k *smppLink) closed(error) {
	if k.bound {
		k.sink.links--
	}
}

func (k *smppLink) serve(pdu []byte, now int64) {
	id, sequence := binary.BigEndian.Uint32(pdu[4:]), binary.BigEndian.Uint32(pdu[12:])
	switch id {
	case submitSM:
		k.submit(pdu[headerLength:], sequence, now)
	case bindReceiver, bindTransmitter, bindTransceiver:
		if !k.bound {
			k.sink.links++
		}
		k.bound = true
		k.answer(id|response, 0, sequence, "sink\x00")
	case enquireLink, unbind:
		k.answer(id|response, 0, sequence, "")
	default:
		if id&response == 0 {
			k.answer(genericNack, 3, sequence, "") // invalid command_id
		}
	}
}

func (k *smppLink) submit(body []byte, sequence uint32, now int64) {
	s := k.sink
	s.submits++
	sub, ok := parseSubmit(body)
	if !ok {
		s.failure = errors.New("a submit_sm could not be read")
		k.answer(genericNack, 2, sequence, "") // invalid command length
		return
	}
	n := s.book.arrived(&sub, now)
	switch {
	case s.silent != nil && s.silent(n):
	case s.delay > 0:
		s.delayed = append(s.delayed, delayedAnswer{at: now + int64(s.delay), link: k, sequence: sequence})
	default:
		k.answerSubmit(sequence)
	}
}

func (k *smppLink) answerSubmit(sequence uint32) {
	const hex = "0123456789abcdef"
	id := [9]byte{}
	for i, v := 7, sequence; i >= 0; i, v = i-1, v>>4 {
		id[i] = hex[v&15]
	}
	k.answer(submitSM|response, 0, sequence, string(id[:]))
}

// answer appends a PDU to those that flush sends.
func (k *smppLink) answer(id, status, sequence uint32, body string) {
	b := k.answers
	b = binary.BigEndian.AppendUint32(b, uint32(headerLength+len(body)))
	b = binary.BigEndian.AppendUint32(b, id)
	b = binary.BigEndian.AppendUint32(b, status)
	b = binary.BigEndian.AppendUint32(b, sequence)
	k.answers = append(b, body...)
}

func (k *smppLink) flush() {
	if len(k.answers) > 0 {
		k.socket.write(k.answers)
		k.answers = k.answers[:0]
	}
}
