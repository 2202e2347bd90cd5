package gb

// Service access points (§6.2.3 of TS 44.064).
const (
	sapGMM  = 1
	sapUser = 3 // the one that the mobile asks for its context
)

// Control fields (§6.3): what is not a frame of these is not for us.
const (
	formatMask  = 0xe0
	formatUI    = 0xc0
	formatU     = 0xe0
	xid         = 0x0b
	protected   = 0x01 // the frame check sequence is over all of the frame
	sizeFCS     = 3
	commandDown = 0x40 // the C/R bit of a command of the network, and of a response of the mobile
)

// check is the frame check sequence (§5.5): a CRC of 24 bits, least significant octet first.
func check(b []byte) []byte {
	const polynomial, ones = 0xad85dd, 0xffffff
	c := uint32(ones)
	for _, octet := range b {
		c ^= uint32(octet)
		for range 8 {
			if c&1 != 0 {
				c = c>>1 ^ polynomial
			} else {
				c >>= 1
			}
		}
	}
	c = ^c & ones
	return []byte{byte(c), byte(c >> 8), byte(c >> 16)}
}

// ui sends an unnumbered frame with information, not ciphered (§6.3.3).
func (m *Mobile) ui(sap byte, information []byte) {
	m.mu.Lock()
	n := m.sequence[sap]
	m.sequence[sap] = (n + 1) & 0x1ff
	m.mu.Unlock()
	frame := append([]byte{sap, formatUI | byte(n>>6), byte(n&0x3f)<<2 | protected}, information...)
	m.up(append(frame, check(frame)...))
}

// llc takes a frame for the mobile. One whose check sequence is wrong is none.
func (m *Mobile) llc(frame []byte) {
	if len(frame) < 2+sizeFCS {
		return
	}
	body := frame[:len(frame)-sizeFCS]
	if string(check(body)) != string(frame[len(body):]) {
		return
	}
	switch body[1] & formatMask {
	case formatUI:
		if len(body) < 3 {
			return
		}
		switch sap := body[0] & 15; sap {
		case sapGMM:
			m.layer3(body[3:])
		case sapUser:
			m.sndcp(body[3:])
		}
	case formatU: // negotiation is answered with what was proposed (§6.4.1.6)
		if body[1]&15 == xid && body[0]&commandDown != 0 {
			m.up(append(body, check(body)...))
		}
	}
}
