//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
)

// An initiator is the Push Initiator's listener: it books every result notification and acknowledges it.
type initiator struct {
	listener *listener
	book     *book
	failure  error
}

func newInitiator(l *loop) (*initiator, error) {
	pi := &initiator{}
	var err error
	pi.listener, err = l.listen(func(s *socket) peer { return &notifying{initiator: pi, socket: s} })
	return pi, err
}

func (pi *initiator) url() string { return "http://" + pi.listener.address + "/results" }

// notifying is one connection of the gateway's.
type notifying struct {
	initiator *initiator
	socket    *socket
}

var (
	pushIDAttribute    = []byte(`push-id="` + pushIDPrefix)
	deliveredAttribute = []byte(`message-state="delivered"`)
)

func (c *notifying) received(data []byte) int {
	used := 0
	for {
		_, body, length, err := cutMessage(data[used:])
		if err != nil {
			c.initiator.failure = fmt.Errorf("a result notification: %w", err)
			return len(data)
		}
		if length == 0 {
			return used
		}
		used += length
		c.acknowledge(body)
	}
}

func (*notifying) closed(error) {}

// acknowledge answers with resultnotification-response (OMA-TS-PAP §9.5).
func (c *notifying) acknowledge(body []byte) {
	at := bytes.Index(body, pushIDAttribute)
	if at < 0 || !bytes.Contains(body, deliveredAttribute) {
		c.initiator.failure = fmt.Errorf("a result notification without push-id, or not of a delivery: %.400q", body)
		return
	}
	n, ok := number(body[at+len(pushIDAttribute):])
	if !ok {
		c.initiator.failure = errors.New("a result notification for a push that is not ours")
		return
	}
	c.initiator.book.toldOf(n)
	answer := fmt.Appendf(nil, `<?xml version="1.0"?><!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">`+
		`<pap><resultnotification-response push-id="%s%0*d@bench.example.com" code="1000" desc="OK"/></pap>`, pushIDPrefix, digits, n)
	c.socket.write(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer))
}
