package integration

import (
	"strconv"

	"github.com/ppgbox/ppgbox/integration/wire"
)

// A submit is one submit_sm on the wire with its answer.
type submit struct {
	sequence, status string // status "" if no answer came
	answered         float64
}

// submitsByNumber pairs the submissions in a capture with their answers and sorts them by destination.
func submitsByNumber(packets []wire.Packet) map[string][]submit {
	all := map[string][]submit{}
	owner := map[string]string{} // by sequence number; these gateways have one link
	for _, packet := range packets {
		for _, pdu := range packet.Split("smpp") {
			sequence := pdu.Show("smpp.sequence_number")
			switch pdu.Show("smpp.command_id") {
			case "0x00000004":
				number := pdu.Show("smpp.destination_addr")
				owner[sequence] = number
				all[number] = append(all[number], submit{sequence: sequence})
			case "0x80000004":
				of := all[owner[sequence]]
				for i := range of {
					if of[i].sequence == sequence {
						of[i].status = pdu.Show("smpp.command_status")
						of[i].answered, _ = strconv.ParseFloat(packet.Show("frame.time_epoch"), 64)
					}
				}
			}
		}
	}
	return all
}

// pushesByNumber returns the parts of packets in which tshark has put a push together, sorted by destination.
func pushesByNumber(packets []wire.Packet) map[string][]wire.Packet {
	all := map[string][]wire.Packet{}
	for _, packet := range packets {
		for _, pdu := range packet.Split("smpp") {
			if len(pdu.All("wbxml")) > 0 {
				number := pdu.Show("smpp.destination_addr")
				all[number] = append(all[number], pdu)
			}
		}
	}
	return all
}
