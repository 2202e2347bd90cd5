package gtp

import "encoding/binary"

// A TEID is a tunnel endpoint identifier: whoever receives a message gave it out. 0 is a message that belongs to no tunnel yet.
type TEID uint32

// A Header is what precedes the information elements (3GPP TS 29.060 §6).
type Header struct {
	Type MessageType
	TEID TEID
	// Sequence matches a response to its request. It counts only if Sequenced, which every signalling message of the control
	// plane is; a G-PDU and an Error Indication may do without.
	Sequence  uint16
	Sequenced bool
}

// The first octet (§6): three bits of version, one of protocol type, a spare one, and what follows octet 8.
const (
	version1     = 1 << 5
	protocolGTP  = 1 << 4
	flagE        = 1 << 2
	flagS        = 1 << 1
	flagPN       = 1 << 0
	shortHeader  = 8
	longHeader   = 12
	longest      = shortHeader + 1<<16 - 1
	noExtensions = 0
)

// mayLackSequence are the messages of the user plane (§9.3.1).
func (t MessageType) mayLackSequence() bool { return t == TypeGPDU || t == TypeErrorIndication }

// appendHeader writes the header with a length of 0, for patchLength to correct.
func appendHeader(dst []byte, h Header) []byte {
	first := byte(version1 | protocolGTP)
	sequenced := h.Sequenced || !h.Type.mayLackSequence()
	if sequenced {
		first |= flagS
	}
	dst = append(dst, first, byte(h.Type), 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.TEID))
	if sequenced {
		dst = binary.BigEndian.AppendUint16(dst, h.Sequence)
		dst = append(dst, 0, noExtensions)
	}
	return dst
}

// patchLength sets the length of the message b: all that follows octet 8.
func patchLength(b []byte) { binary.BigEndian.PutUint16(b[2:], uint16(len(b)-shortHeader)) }

// parseHeader reads the header and returns where the information elements begin. Where the error is one to be answered, the header
// holds what the answer needs.
func parseHeader(b []byte) (h Header, body int, err error) {
	fail := func(offset int, action Action, cause Cause, reason string) (Header, int, error) {
		return h, 0, &ParseError{Message: h.Type, Offset: offset, Action: action, Cause: cause, Reason: reason}
	}
	if len(b) < shortHeader {
		return fail(len(b), Discard, 0, "shorter than a header") // §11.1.2
	}
	h.Type = MessageType(b[1])
	if b[0]&protocolGTP == 0 && b[0]>>5 < 2 { // version 2 has another flag in its place
		return fail(0, Discard, 0, "GTP', the protocol of charging")
	}
	if b[0]>>5 != 1 {
		if h.Type == TypeVersionNotSupported { // of another version: two nodes must not tell each other for ever
			return fail(0, Discard, 0, "Version Not Supported of another version")
		}
		h.Sequence, h.Sequenced = otherVersionSequence(b)
		return fail(0, RefuseVersion, CauseVersionNotSupported, "another version than 1")
	}
	h.TEID = TEID(binary.BigEndian.Uint32(b[4:]))
	long := b[0]&(flagE|flagS|flagPN) != 0
	if long {
		if len(b) < longHeader {
			return fail(len(b), Discard, 0, "shorter than its header")
		}
		h.Sequenced = b[0]&flagS != 0
		if h.Sequenced {
			h.Sequence = binary.BigEndian.Uint16(b[8:])
		}
	}
	if !h.Sequenced && !h.Type.mayLackSequence() {
		return fail(0, Discard, 0, "a signalling message without sequence number") // there is nothing to answer with
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n != len(b)-shortHeader {
		return fail(2, Reject, CauseInvalidMessageFormat, "its length is not that of the datagram")
	}
	if !long {
		return h, shortHeader, nil
	}
	if b[0]&flagE == 0 {
		return h, longHeader, nil
	}
	return parseExtensions(h, b)
}

// otherVersionSequence finds the sequence number in a message of version 0 (GSM 09.60 §6) or 2 (3GPP TS 29.274 §5.1).
func otherVersionSequence(b []byte) (uint16, bool) {
	switch {
	case b[0]>>5 == 0:
		return binary.BigEndian.Uint16(b[4:]), true
	case b[0]&0x08 == 0: // no TEID; three octets of which version 1 has room for the lower two
		return binary.BigEndian.Uint16(b[5:]), true
	case len(b) >= 12:
		return binary.BigEndian.Uint16(b[9:]), true
	}
	return 0, false
}

// comprehensionRequired is the bit of an extension header type that its receiver may not pass over (§6, figure 4).
const comprehensionRequired = 0x80

// parseExtensions passes over extension headers, none of which this package knows: those that must be understood are an error.
func parseExtensions(h Header, b []byte) (Header, int, error) {
	at := longHeader
	for kind := b[longHeader-1]; kind != noExtensions; {
		fail := func(cause Cause, reason string) (Header, int, error) {
			return h, 0, &ParseError{Message: h.Type, Offset: at, Action: Reject, Cause: cause, Reason: reason}
		}
		if kind&comprehensionRequired != 0 {
			return fail(CauseUnknownMandatoryExtension, "an extension header that must be understood and is not")
		}
		if at >= len(b) {
			return fail(CauseInvalidMessageFormat, "an announced extension header is missing")
		}
		n := 4 * int(b[at])
		if n == 0 || n > len(b)-at {
			return fail(CauseInvalidMessageFormat, "an extension header lies about its length")
		}
		at += n
		kind = b[at-1]
	}
	return h, at, nil
}
