package mobile

import "fmt"

// CP messages (3GPP TS 24.011 §8.1.3) and RP messages (§8.2.2); those that end in Network come from the network.
const (
	cpData = 0x01
	cpAck  = 0x04

	rpDataNetwork = 0x01
	rpAck         = 0x02
	rpError       = 0x04
)

// otherSide flips the flag in the transaction identifier that says who began the transaction (3GPP TS 24.007 §11.2.3.1.3).
const otherSide = 0x80

// rpData takes the SMS-DELIVER out of an RP-DATA of the network (3GPP TS 24.011 §7.3.1.1) and returns it with the RP reference.
func rpData(rp []byte) (reference byte, tpdu []byte, err error) {
	short := fmt.Errorf("RP-DATA ends early: %x", rp)
	if len(rp) < 3 || rp[0] != rpDataNetwork {
		return 0, nil, fmt.Errorf("not an RP-DATA of the network: %x", rp)
	}
	rest := rp[2:]
	for range 2 { // originator, destination
		if len(rest) < 1+int(rest[0]) {
			return 0, nil, short
		}
		if rest = rest[1+int(rest[0]):]; len(rest) == 0 {
			return 0, nil, short
		}
	}
	if len(rest) != 1+int(rest[0]) {
		return 0, nil, fmt.Errorf("RP-DATA announces %d octets of user data and has %d", rest[0], len(rest)-1)
	}
	return rp[1], rest[1:], nil
}

// acknowledgement is the CP-DATA with the RP-ACK for a short message (3GPP TS 24.011 §7.3.3).
func acknowledgement(protocol, reference byte) []byte {
	return []byte{protocol, cpData, 2, rpAck, reference}
}

// failure is the CP-DATA with the RP-ERROR for a short message (3GPP TS 24.011 §7.3.4).
func failure(protocol, reference, cause byte) []byte {
	return []byte{protocol, cpData, 4, rpError, reference, 1, cause}
}
