package gb

import (
	"encoding/binary"
	"slices"
)

// PDU types (§11.3.26 of TS 48.018).
const (
	downUnitdata = 0x00
	upUnitdata   = 0x01
	bvcReset     = 0x22
	bvcResetAck  = 0x23
	bvcUnblock   = 0x24
)

// Elements (§11.3).
const (
	elementBVCI  = 0x04
	elementCause = 0x07
	elementCell  = 0x08
	elementLLC   = 0x0e
)

// BVCIs (§5.4.1): of signalling, and of our cell.
const (
	signalling uint16 = 0
	cell       uint16 = 2
)

// routeingArea is 001-01, location area 23, routeing area 1, and the cell in it is number 1 (§11.3.9).
var (
	routeingArea = [...]byte{0x00, 0xf1, 0x10, 0x00, 0x17, 0x01}
	cellIdentity = append(slices.Clone(routeingArea[:]), 0, 1)
)

// element is type, length and value, with a length of one octet up to 127 (§11.1).
func element(kind byte, value ...byte) []byte {
	if len(value) < 128 {
		return append([]byte{kind, 0x80 | byte(len(value))}, value...)
	}
	return append([]byte{kind, byte(len(value) >> 8), byte(len(value))}, value...)
}

// find returns the first element of a type, nil for none or where elements lie about their length.
func find(b []byte, kind byte) []byte {
	for len(b) >= 2 {
		length, head := int(b[1]&0x7f), 2
		if b[1]&0x80 == 0 {
			if len(b) < 3 {
				return nil
			}
			length, head = int(binary.BigEndian.Uint16(b[1:])), 3
		}
		if len(b) < head+length {
			return nil
		}
		if b[0] == kind {
			return b[head : head+length]
		}
		b = b[head+length:]
	}
	return nil
}

// unit sends a PDU to a BVCI.
func (m *Mobile) unit(bvci uint16, pdu ...[]byte) {
	m.say(binary.BigEndian.AppendUint16([]byte{nsUnitdata, 0}, bvci), pdu...)
}

// resetCell begins with one virtual connection (§8.4).
func (m *Mobile) resetCell(bvci uint16) {
	const operatorIntervention = 0x08
	pdu := append([]byte{bvcReset}, element(elementBVCI, byte(bvci>>8), byte(bvci))...)
	pdu = append(pdu, element(elementCause, operatorIntervention)...)
	if bvci != signalling {
		pdu = append(pdu, element(elementCell, cellIdentity...)...)
	}
	m.unit(signalling, pdu)
}

func (m *Mobile) bssgp(bvci uint16, b []byte) {
	switch b[0] {
	case bvcReset:
		m.unit(bvci, []byte{bvcResetAck}, element(elementBVCI, find(b[1:], elementBVCI)...))
	case bvcResetAck:
		if v := find(b[1:], elementBVCI); len(v) == 2 && binary.BigEndian.Uint16(v) == signalling {
			m.resetCell(cell)
			return
		}
		m.unit(signalling, []byte{bvcUnblock}, element(elementBVCI, byte(cell>>8), byte(cell)))
		m.attach()
	case downUnitdata: // TLLI and a QoS profile in front (§10.2.1)
		if len(b) > 8 {
			m.llc(find(b[8:], elementLLC))
		}
	}
}

// up sends a frame of LLC from the mobile (§10.2.2).
func (m *Mobile) up(frame []byte) {
	m.mu.Lock()
	tlli := m.tlli
	m.mu.Unlock()
	noQoS := []byte{0, 0, 4}
	m.unit(cell, binary.BigEndian.AppendUint32([]byte{upUnitdata}, tlli), noQoS, element(elementCell, cellIdentity...), element(elementLLC, frame...))
}
