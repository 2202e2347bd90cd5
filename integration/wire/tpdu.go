package wire

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
)

// Link type and tags of "Wireshark upper PDU": a packet that begins with the name of the dissector that is to read it.
const (
	linkUpperPDU     = 252
	tagDissectorName = 12
	tagEnd           = 0
)

// TPDUs has tshark decode SMS TPDUs that came to one terminal, in their order, and returns what matches a display filter.
func TPDUs(t testing.TB, display string, tpdus ...[]byte) []Packet {
	t.Helper()
	peers.Need(t, peers.Tshark)
	const dissector = "gsm_sms\x00" // padded to four octets
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, 64<<10)
	b = binary.LittleEndian.AppendUint32(b, linkUpperPDU)
	for i, tpdu := range tpdus {
		packet := binary.BigEndian.AppendUint16(nil, tagDissectorName)
		packet = binary.BigEndian.AppendUint16(packet, uint16(len(dissector)))
		packet = append(packet, dissector...)
		packet = append(packet, 0, tagEnd, 0, 0)
		packet = append(packet, tpdu...)
		for _, field := range []int{1_700_000_000 + i, 0, len(packet), len(packet)} { // time, its fraction, length twice
			b = binary.LittleEndian.AppendUint32(b, uint32(field))
		}
		b = append(b, packet...)
	}
	path := filepath.Join(t.TempDir(), "tpdu.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	packets, err := decode(path, display, nil)
	if err != nil {
		t.Fatal(err)
	}
	return packets
}
