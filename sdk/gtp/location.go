package gtp

import "encoding/binary"

// A PLMN is a network by MCC and MNC: "24001" or "310410", with two or three digits of MNC.
type PLMN string

func (p PLMN) append(dst []byte) ([]byte, bool) {
	if len(p) != 5 && len(p) != 6 {
		return dst, false
	}
	d := [6]byte{5: filler}
	for i := range len(p) {
		if d[i] = p[i] - '0'; d[i] > 9 {
			return dst, false
		}
	}
	return append(dst, d[1]<<4|d[0], d[5]<<4|d[2], d[4]<<4|d[3]), true
}

// parsePLMN reads three octets of 3GPP TS 24.008 §10.5.1.3.
func parsePLMN(b []byte) (PLMN, bool) {
	d := []byte{b[0] & 0xF, b[0] >> 4, b[1] & 0xF, b[2] & 0xF, b[2] >> 4, b[1] >> 4}
	if d[5] == filler {
		d = d[:5]
	}
	for i := range d {
		if d[i] > 9 {
			return "", false
		}
		d[i] += '0'
	}
	return PLMN(d), true
}

// A RAI is a routeing area (§7.7.3).
type RAI struct {
	PLMN PLMN
	LAC  uint16
	RAC  uint8
}

// rai is the Routeing Area Identity, six octets, nil where it is absent.
func (x *elements) rai(v **RAI) {
	if x.encoding {
		if *v == nil {
			return
		}
		b, ok := (*v).PLMN.append(nil)
		if !ok {
			x.unsendable(ElementRAI, "a PLMN has five or six digits")
			return
		}
		b = binary.BigEndian.AppendUint16(b, (*v).LAC)
		x.put(ElementRAI, append(b, (*v).RAC)...)
		return
	}
	e, ok := x.read(ElementRAI, optional, 6, 6)
	if !ok {
		return
	}
	plmn, ok := parsePLMN(e.value)
	if !ok {
		x.incorrect(e, optional, "its PLMN is not digits")
		return
	}
	*v = &RAI{PLMN: plmn, LAC: binary.BigEndian.Uint16(e.value[3:]), RAC: e.value[5]}
}

// A LocationKind is the form of a ULI.
type LocationKind uint8

// The kinds of §7.7.51, table 7.7.51.1.
const (
	LocationCGI LocationKind = 0
	LocationSAI LocationKind = 1
	LocationRAI LocationKind = 2
)

// A ULI is where a terminal is (§7.7.51).
type ULI struct {
	Kind LocationKind
	PLMN PLMN
	LAC  uint16
	// Cell is the cell identity (CGI), the service area code (SAI), or the routeing area code in the upper octet and 255 in the lower
	// one (RAI).
	Cell uint16
}

// uli is the User Location Information, eight octets, nil where it is absent.
func (x *elements) uli(v **ULI) {
	if x.encoding {
		if *v == nil {
			return
		}
		b, ok := (*v).PLMN.append([]byte{byte((*v).Kind)})
		if !ok || (*v).Kind > LocationRAI {
			x.unsendable(ElementULI, "of no known kind, or its PLMN is not five or six digits")
			return
		}
		b = binary.BigEndian.AppendUint16(b, (*v).LAC)
		x.put(ElementULI, binary.BigEndian.AppendUint16(b, (*v).Cell)...)
		return
	}
	e, ok := x.read(ElementULI, optional, 8, 8)
	if !ok {
		return
	}
	plmn, ok := parsePLMN(e.value[1:])
	if !ok || LocationKind(e.value[0]) > LocationRAI {
		x.incorrect(e, optional, "of no known kind, or its PLMN is not digits")
		return
	}
	*v = &ULI{
		Kind: LocationKind(e.value[0]), PLMN: plmn,
		LAC: binary.BigEndian.Uint16(e.value[4:]), Cell: binary.BigEndian.Uint16(e.value[6:]),
	}
}
