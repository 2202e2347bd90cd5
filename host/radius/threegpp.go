package radius

import (
	"encoding/binary"
	"net/netip"

	"layeh.com/radius"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// vendor3GPP is the vendor of the attributes of 3GPP TS 29.061 §16.4.7; these are the ones that are read.
const (
	vendor3GPP = 10415

	typeIMSI            = 1
	typeGGSNAddress     = 7
	typeGGSNIPv6Address = 16
)

// threeGPP is what the vendor's attributes say.
type threeGPP struct {
	imsi   push.IMSI
	v4, v6 netip.Addr // of the GGSN's control plane
}

// read reads one attribute 26. It may hold several of the vendor's, each with type, length and value (RFC 2865 §5.26); what follows
// one whose length is a lie is not read.
func (t *threeGPP) read(v radius.Attribute) {
	if len(v) < 4 || binary.BigEndian.Uint32(v) != vendor3GPP {
		return
	}
	for v = v[4:]; len(v) >= 2; {
		length := int(v[1])
		if length < 2 || length > len(v) {
			return
		}
		switch value := v[2:length]; v[0] {
		case typeIMSI:
			if digits(value, 6, 15) { // 3GPP TS 23.003 §2.2: 15 at most
				first(&t.imsi, push.IMSI(value))
			}
		case typeGGSNAddress:
			first(&t.v4, address(value, 4))
		case typeGGSNIPv6Address:
			first(&t.v6, address(value, 16))
		}
		v = v[length:]
	}
}

// name is the GGSN's address as its name, "" if there is none.
func (t *threeGPP) name() string {
	if t.v4.IsValid() {
		return t.v4.String()
	}
	return addressName(t.v6)
}
