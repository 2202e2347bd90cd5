package gb

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
)

// Protocol discriminators and messages (§9.4, §9.5 and table 10.4 of TS 24.008). A message of session management has the transaction
// identifier beside its discriminator: 0 here, with the flag of the answering side from the network.
const (
	protocolGMM = 0x08
	protocolSM  = 0x0a

	attachRequest    = 0x01
	attachAccept     = 0x02
	attachComplete   = 0x03
	attachReject     = 0x04
	identityRequest  = 0x15
	identityResponse = 0x16

	activateRequest   = 0x41
	activateAccept    = 0x42
	activateReject    = 0x43
	deactivateRequest = 0x46
	deactivateAccept  = 0x47
)

// Types of identity (§10.5.1.4), and those that are not the IMSI: examples of 3GPP TS 23.003.
const (
	identityIMSI   = 1
	identityIMEI   = 2
	identityIMEISV = 3

	imei   = "490154203237518"
	imeisv = "4901542032375186"
)

// identity is an identity with its length in front.
func identity(kind byte, digits string) []byte {
	odd := byte(len(digits) % 2)
	b := []byte{0, digits[0]&15<<4 | odd<<3 | kind}
	for i := 1; i < len(digits); i += 2 {
		high := byte(0xf)
		if i+1 < len(digits) {
			high = digits[i+1] & 15
		}
		b = append(b, high<<4|digits[i]&15)
	}
	b[0] = byte(len(b) - 1)
	return b
}

// attach asks for packet service (§9.4.1).
func (m *Mobile) attach() {
	m.ui(sapGMM, slices.Concat(
		[]byte{protocolGMM, attachRequest},
		[]byte{2, 0xe5, 0xe0}, // network capability
		[]byte{0x01, 0, 0},    // GPRS attach, no key, DRX
		identity(identityIMSI, m.cfg.IMSI), routeingArea[:],
		[]byte{4, 0x12, 0x06, 0x00, 0x00}, // radio access capability: GSM E, 16 bits of it, no multislot class
	))
}

// Activate asks for a PDP context with a dynamic IPv4 address (§9.5.1).
func (m *Mobile) Activate() {
	const tagAPN, nsapi = 0x28, 5
	var apn []byte
	for label := range strings.SplitSeq(m.cfg.APN, ".") {
		apn = append(append(apn, byte(len(label))), label...)
	}
	m.ui(sapGMM, slices.Concat(
		[]byte{protocolSM, activateRequest, nsapi, sapUser},
		[]byte{12, 0x23, 0x92, 0x1f, 0x73, 0x96, 0xfe, 0xfe, 0x74, 0x81, 0xff, 0xff, 0}, // quality of service
		[]byte{2, 0x01, 0x21},
		[]byte{tagAPN, byte(len(apn))}, apn,
	))
}

// Deactivate gives the context up (§9.5.8).
func (m *Mobile) Deactivate() {
	const regular = 36
	m.ui(sapGMM, []byte{protocolSM, deactivateRequest, regular})
}

// layer3 takes a message of the network.
func (m *Mobile) layer3(b []byte) {
	if len(b) < 2 {
		return
	}
	const discriminator = 0x0f
	cause := byte(0)
	if len(b) > 2 {
		cause = b[2]
	}
	switch protocol, message := b[0]&discriminator, b[1]; {
	case protocol == protocolGMM && message == identityRequest:
		m.identify(cause & 7)
	case protocol == protocolGMM && message == attachAccept:
		m.attached(b)
	case protocol == protocolGMM && message == attachReject, protocol == protocolSM && message == activateReject:
		m.note(Event{Kind: Rejected, Cause: cause})
	case protocol == protocolSM && message == activateAccept:
		m.note(Event{Kind: Activated, Address: address(b)})
	case protocol == protocolSM && message == deactivateRequest:
		const answering = 0x80
		m.ui(sapGMM, []byte{b[0] ^ answering, deactivateAccept})
		m.note(Event{Kind: Deactivated, Cause: cause})
	case protocol == protocolSM && message == deactivateAccept:
		m.note(Event{Kind: Deactivated})
	}
}

// identify answers an Identity Request (§9.4.12).
func (m *Mobile) identify(kind byte) {
	digits := m.cfg.IMSI
	switch kind {
	case identityIMEI:
		digits = imei
	case identityIMEISV:
		digits = imeisv
	}
	m.ui(sapGMM, append([]byte{protocolGMM, identityResponse}, identity(kind, digits)...))
}

// attached takes an Attach Accept (§9.4.2): with the P-TMSI goes the name of the link (3GPP TS 23.003 §2.6).
func (m *Mobile) attached(b []byte) {
	const tagPTMSI, before, local = 0x18, 11, 0xc0000000 // before are result, timer, priority and routeing area
	for i := before; i+6 < len(b); i++ {
		if b[i] == tagPTMSI && b[i+1] == 5 {
			m.mu.Lock()
			m.tlli = binary.BigEndian.Uint32(b[i+3:]) | local
			m.mu.Unlock()
			break
		}
	}
	m.ui(sapGMM, []byte{protocolGMM, attachComplete})
	m.note(Event{Kind: Attached})
}

// address finds the PDP address of an Activate PDP Context Accept (§9.5.2): behind the LLC SAPI, quality and priority.
func address(b []byte) netip.Addr {
	const tagAddress, typeIPv4 = 0x2b, 0x21
	if len(b) < 4 {
		return netip.Addr{}
	}
	for i := 4 + int(b[3]); i+7 < len(b); i++ {
		if b[i] == tagAddress && b[i+1] == 6 && b[i+3] == typeIPv4 {
			return netip.AddrFrom4([4]byte(b[i+4:]))
		}
	}
	return netip.Addr{}
}
