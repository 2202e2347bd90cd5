package wsp

import "fmt"

// PDU types of a push, §8.2.1 (Table 34).
const (
	typePush          = 0x06
	typeConfirmedPush = 0x07
)

// Push is a push PDU of the connectionless session service.
type Push struct {
	TID         byte // transaction id, a new one for each push
	Confirmed   bool // ConfirmedPush (0x07) instead of Push (0x06)
	ContentType string
	Headers     []Header
	Data        []byte
}

// EncodePush makes the PDU of a connectionless push (§8.2.4.1) for a peer of the version given; zero is 1.2. Equal input gives
// equal octets.
//
// The content type may have parameters and is written by number where the receivers of that type know it. Headers keep
// their order. A header that HeaderNever names is left out, whatever the caller thought of it; AirHeaders is for
// choosing among the others. Errors name the header.
func EncodePush(p Push, v Version) ([]byte, error) {
	v = v.orDefault()
	headers, err := appendContentType(nil, p.ContentType, v)
	if err != nil {
		return nil, fmt.Errorf("wsp: %w", err)
	}
	for _, h := range p.Headers {
		if HeaderNever(h.Name) {
			continue
		}
		if headers, err = appendHeader(headers, h, v); err != nil {
			return nil, fmt.Errorf("wsp: %w", err)
		}
	}
	pdu := make([]byte, 0, 7+len(headers)+len(p.Data))
	pdu = append(pdu, p.TID, typePush)
	if p.Confirmed {
		pdu[1] = typeConfirmedPush
	}
	pdu = appendUintvar(pdu, uint32(len(headers)))
	pdu = append(pdu, headers...)
	return append(pdu, p.Data...), nil
}

// DecodePush reads a connectionless push, confirmed or not. Data is a part of pdu, not a copy. Errors are of type
// *DecodeError; a header that is not known is skipped, as §8.4.1.2 has it.
func DecodePush(pdu []byte) (Push, error) {
	c := newCursor(pdu)
	p := Push{TID: c.octet()}
	if kind := c.octet(); c.err == nil && kind != typePush && kind != typeConfirmedPush {
		c.at--
		c.fail("PDU type %#02x is not a push", kind)
	} else {
		p.Confirmed = kind == typeConfirmedPush
	}
	headers := c.take(c.uintvar())
	p.ContentType = headers.contentType()
	p.Headers = decodeHeaders(headers)
	if headers.err != nil {
		return Push{}, headers.err
	}
	p.Data = c.rest()
	return p, nil
}
