package browser

import (
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// PDU types, WAP-230 §8.2.1 (Table 34).
const (
	typeReply = 0x04
	typePush  = 0x06
	typeGet   = 0x40
)

// acceptable are the headers of a Get (WAP-230 §8.4.2): what the browser can show, and that it is to be in UTF-8. WML as text is among
// the rest: a gateway does not compile it for those who say that they read it.
var acceptable = [...]byte{
	0x80, 0x94, // Accept: application/vnd.wap.wmlc
	0x80, 0x82, // Accept: text/html
	0x80, 0x83, // Accept: text/plain
	0x80, 0x80, // Accept: */*
	0x81, 0xEA, // Accept-Charset: utf-8
}

// longestURI is how long an address may be, in octets, to fit into a datagram with room to spare.
const longestURI = 1024

// encodeGet makes the PDU of a Get (WAP-230 §8.2.3.1) in the connectionless service, which puts a transaction id before it (§8.2.1).
func encodeGet(tid byte, uri string) ([]byte, error) {
	if uri == "" || len(uri) > longestURI {
		return nil, fmt.Errorf("an address has 1 to %d octets, this one %d", longestURI, len(uri))
	}
	pdu := []byte{tid, typeGet}
	if n := len(uri); n >= 0x80 { // a uintvar (§8.1.2)
		pdu = append(pdu, byte(n>>7)|0x80)
	}
	pdu = append(pdu, byte(len(uri)&0x7F))
	pdu = append(pdu, uri...)
	return append(pdu, acceptable[:]...), nil
}

// A reply is the answer to a Get.
type reply struct {
	status      int // of HTTP
	contentType string
	headers     []wsp.Header
	body        []byte
}

// errAnother says that a datagram is not the answer to the question asked.
var errAnother = errors.New("not the answer to this question")

// decodeReply reads the PDU of a Reply (WAP-230 §8.2.3.3). What follows the status is laid out as in a Push (§8.2.4.1), which is
// how its headers are read.
func decodeReply(tid byte, pdu []byte) (reply, error) {
	if len(pdu) < 2 || pdu[0] != tid || pdu[1] != typeReply {
		return reply{}, errAnother
	}
	if len(pdu) < 3 {
		return reply{}, errors.New("the reply ends before its status")
	}
	status := httpStatus(pdu[2])
	if status == 0 {
		return reply{}, fmt.Errorf("the reply has the status %#02x, which is none", pdu[2])
	}
	p, err := wsp.DecodePush(append([]byte{tid, typePush}, pdu[3:]...))
	if err != nil {
		return reply{}, fmt.Errorf("the reply: %w", err)
	}
	return reply{status: status, contentType: p.ContentType, headers: p.Headers, body: p.Data}, nil
}

// httpStatus turns a status code into that of HTTP (WAP-230, Table 36): the class in the high nibble and the rest in the low one, but for
// the 4xx, of which there are more than 16. It returns 0 for what is none.
func httpStatus(code byte) int {
	class, rest := int(code>>4), int(code&0x0F)
	switch {
	case class >= 1 && class <= 4:
		return 100*class + rest
	case class == 5 && rest <= 1:
		return 416 + rest
	case class == 6:
		return 500 + rest
	}
	return 0
}
