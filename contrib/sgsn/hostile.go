package sgsn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// An Attack is what nobody should send to a GGSN, and what the specification has it answered with.
type Attack struct {
	Name string
	// User is for GTP-U, else it is for GTP-C.
	User bool
	// Datagrams are sent one after the other, without waiting.
	Datagrams [][]byte
	// Answers are all that may come back, in their order. Of an answer with CauseAny only the rejection counts.
	Answers []Answer
}

// An Answer is a message of a GGSN.
type Answer struct {
	Type gtp.MessageType
	// Cause is 0 where the message has none.
	Cause gtp.Cause
}

// CauseAny stands for each cause that rejects: where the specification leaves open which one it is.
const CauseAny gtp.Cause = 255

// A Victim is what attacks are made for: somebody who has no context, and was not notified.
type Victim struct {
	IMSI push.IMSI
	APN  gtp.APN
	// Attacker is the address that the attacker gives as its own.
	Attacker netip.Addr
	// Terminal is an address that somebody else has, or may have.
	Terminal netip.Addr
}

// neverGivenOut is a tunnel endpoint that no GGSN has given out when it just began.
const neverGivenOut gtp.TEID = 0xDEADBEEF

// Positions in a message, and of elements in the header of one with sequence number (3GPP TS 29.060 §6).
const (
	atFlags, atType, atLength, atSequence, atExtension, headerSize = 0, 1, 2, 8, 11, 12
)

// create is a whole Create PDP Context Request of the victim.
func (v Victim) create(address gtp.EndUserAddress) *gtp.CreatePDPContextRequest {
	return &gtp.CreatePDPContextRequest{
		IMSI: v.IMSI, Recovery: new(uint8(1)), SelectionMode: new(gtp.SelectionVerified), TEIDData: 1, TEIDControl: new(gtp.TEID(2)), NSAPI: nsapi,
		EndUserAddress: address, APN: v.APN, SGSNSignalling: v.Attacker, SGSNUser: v.Attacker, QoS: quality[:],
	}
}

// message writes one; that it can be written is certain.
func message(teid gtp.TEID, m gtp.Message) []byte {
	b, err := gtp.Append(nil, gtp.Header{TEID: teid, Sequenced: true}, m)
	if err != nil {
		panic(err)
	}
	return b
}

// tlv is an information element with a length of two octets.
func tlv(kind gtp.ElementType, value ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{byte(kind)}, uint16(len(value))), value...)
}

// with appends elements and corrects the length.
func with(b []byte, elements ...[]byte) []byte {
	b = append(slices.Clone(b), slices.Concat(elements...)...)
	binary.BigEndian.PutUint16(b[atLength:], uint16(len(b)-8))
	return b
}

// changed is a copy with one octet set.
func changed(b []byte, at int, octet byte) []byte {
	b = slices.Clone(b)
	b[at] = octet
	return b
}

func one(b []byte) [][]byte { return [][]byte{b} }

// ControlAttacks are those by GTP-C: against the reading of messages (§11.1), against contexts, and against the procedure.
func (v Victim) ControlAttacks() []Attack {
	create := message(0, v.create(gtp.DynamicAddress(gtp.PDPIPv4)))
	remove := message(neverGivenOut, &gtp.DeletePDPContextRequest{NSAPI: nsapi, Teardown: new(true)})
	update := message(neverGivenOut, &gtp.UpdatePDPContextRequest{
		NSAPI: nsapi, TEIDData: new(gtp.TEID(7)), TEIDControl: new(gtp.TEID(8)), SGSNSignalling: v.Attacker, SGSNUser: v.Attacker, QoS: quality[:],
	})
	reject := message(neverGivenOut, &gtp.PDUNotificationRejectRequest{
		Cause: gtp.CauseMSRefuses, TEIDControl: 9, EndUserAddress: gtp.StaticAddress(v.Terminal), APN: v.APN,
	})
	present := message(0, &gtp.NoteMSGPRSPresentRequest{IMSI: v.IMSI, GSNAddress: v.Attacker})
	echo := message(0, new(gtp.EchoRequest))
	refused := func(c gtp.Cause) []Answer { return []Answer{{gtp.TypeCreatePDPContextResponse, c}} }
	missing := []Answer{{gtp.TypeDeletePDPContextResponse, gtp.CauseNonExistent}}
	version := []Answer{{Type: gtp.TypeVersionNotSupported}}
	lastElement := len(create) - 3 - len(quality) // the QoS profile
	return []Attack{
		{Name: "nothing", Datagrams: one(nil)},
		{Name: "shorter than a header", Datagrams: one(create[:7])},
		{Name: "shorter than its header", Datagrams: one(create[:10])},
		{Name: "the message is shorter than it says", Datagrams: one(changed(create, atLength+1, create[atLength+1]+1)), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "the message is longer than it says", Datagrams: one(changed(create, atLength+1, create[atLength+1]-1)), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "cut off in the IMSI", Datagrams: one(with(create[:headerSize+4])), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "an element is longer than the message", Datagrams: one(changed(create, lastElement+1, 0xFF)), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "an element is shorter than it must be", Datagrams: one(with(create[:lastElement], tlv(gtp.ElementQoSProfile, 1))), Answers: refused(CauseAny)},
		{Name: "no mandatory element at all", Datagrams: one(with(create[:headerSize])), Answers: refused(CauseAny)},
		{Name: "elements out of order", Datagrams: one(with(create, []byte{byte(gtp.ElementNSAPI), nsapi})), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "an unknown element without length", Datagrams: one(with(create[:headerSize], []byte{0x60}, create[headerSize:])), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "an unknown element with length", Datagrams: one(with(remove, tlv(0xF8, 1, 2, 3))), Answers: missing},
		{Name: "an element three times", Datagrams: one(with(remove, tlv(gtp.ElementPCO, 0x80), tlv(gtp.ElementPCO, 0x80), tlv(gtp.ElementPCO, 0x80))), Answers: missing},
		{Name: "an extension header that must be understood", Datagrams: one(with(append(changed(changed(create[:headerSize], atFlags, 0x36), atExtension, 0xC0), 1, 0, 0, 0), create[headerSize:])), Answers: refused(gtp.CauseUnknownMandatoryExtension)},
		{Name: "an extension header of no length", Datagrams: one(with(append(changed(changed(create[:headerSize], atFlags, 0x36), atExtension, 0x20), 0, 0, 0, 0), create[headerSize:])), Answers: refused(gtp.CauseInvalidMessageFormat)},
		{Name: "version 0", Datagrams: one(changed(create, atFlags, 0x1E)), Answers: version},
		{Name: "version 2", Datagrams: one(changed(create, atFlags, 0x48)), Answers: version},
		{Name: "version 7", Datagrams: one(changed(create, atFlags, 0xF2)), Answers: version},
		{Name: "a charging message", Datagrams: one(changed(create, atFlags, 0x22))},
		{Name: "a request without sequence number", Datagrams: one(changed(create, atFlags, 0x30))},
		{Name: "an unknown message", Datagrams: one(changed(create, atType, 0x64))},
		{Name: "an answer to nothing", Datagrams: [][]byte{
			message(0, &gtp.PDUNotificationResponse{Cause: gtp.CauseRequestAccepted}),
			message(0, &gtp.SendRouteingInfoResponse{Cause: gtp.CauseRequestAccepted, IMSI: v.IMSI, GSNAddress: v.Attacker}),
		}},
		{Name: "Version Not Supported to nothing", Datagrams: one(changed(echo, atType, byte(gtp.TypeVersionNotSupported)))},
		{Name: "a user packet", Datagrams: one(message(neverGivenOut, &gtp.GPDU{Payload: []byte{0x45}}))},
		{Name: "a request of the other side", Datagrams: one(message(0, &gtp.SendRouteingInfoRequest{IMSI: v.IMSI}))},
		{Name: "Delete of a tunnel that was never given out", Datagrams: one(remove), Answers: missing},
		{Name: "Update of one", Datagrams: one(update), Answers: []Answer{{gtp.TypeUpdatePDPContextResponse, gtp.CauseNonExistent}}},
		{Name: "Reject of a notification that was never sent", Datagrams: one(reject), Answers: []Answer{{gtp.TypePDUNotificationRejectResponse, CauseAny}}},
		{Name: "a terminal is present that nobody waits for", Datagrams: one(present), Answers: []Answer{{gtp.TypeNoteMSGPRSPresentResponse, gtp.CauseRequestAccepted}}},
		{Name: "Create without a notification, for a dynamic address", Datagrams: one(create), Answers: refused(CauseAny)},
		{Name: "Create without a notification, for an address", Datagrams: one(message(0, v.create(gtp.StaticAddress(v.Terminal)))), Answers: refused(CauseAny)},
		{Name: "the same Create twice", Datagrams: [][]byte{create, create}, Answers: slices.Repeat(refused(CauseAny), 2)},
	}
}

// UserAttacks are those by GTP-U.
func (v Victim) UserAttacks() []Attack {
	spoofed, err := buildUDP(Datagram{
		From: netip.AddrPortFrom(v.Terminal, pushPort), To: netip.AddrPortFrom(v.Terminal.Next(), pushPort), Payload: []byte("spoofed"),
	})
	if err != nil {
		panic(err)
	}
	stray := message(neverGivenOut, &gtp.GPDU{Payload: spoofed})
	echo := message(0, new(gtp.EchoRequest))
	return []Attack{
		{Name: "nothing", User: true, Datagrams: one(nil)},
		{Name: "shorter than a header", User: true, Datagrams: one(stray[:7])},
		{Name: "the message is shorter than it says", User: true, Datagrams: one(stray[:len(stray)-1])},
		{Name: "a packet for a tunnel that was never given out", User: true, Datagrams: one(stray), Answers: []Answer{{Type: gtp.TypeErrorIndication}}},
		{Name: "Error Indication of a tunnel that there is not", User: true, Datagrams: one(message(0, &gtp.ErrorIndication{TEIDData: neverGivenOut, Address: v.Attacker}))},
		{Name: "a Create on the wrong port", User: true, Datagrams: one(message(0, v.create(gtp.DynamicAddress(gtp.PDPIPv4))))},
		{Name: "an answer to nothing", User: true, Datagrams: one(changed(echo, atType, byte(gtp.TypeEchoResponse)))},
	}
}

// Run sends the attack from a socket and returns what came back that should not, or did not and should. That no more comes is known by the
// response to an Echo Request behind it.
func (a Attack) Run(conn *net.UDPConn, to netip.AddrPort, sequence uint16) error {
	for _, b := range a.Datagrams {
		if len(b) > atSequence+1 {
			b = slices.Clone(b)
			binary.BigEndian.PutUint16(b[atSequence:], sequence)
		}
		if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
			return err
		}
	}
	b := message(0, new(gtp.EchoRequest))
	binary.BigEndian.PutUint16(b[atSequence:], ^sequence)
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		return err
	}
	got, err := answers(conn, ^sequence, len(a.Answers))
	if err != nil {
		return fmt.Errorf("%s: after %v: %w", a.Name, got, err)
	}
	same := slices.EqualFunc(got, a.Answers, func(g, w Answer) bool {
		return g.Type == w.Type && (g.Cause == w.Cause || w.Cause == CauseAny && g.Cause >= gtp.CauseNonExistent)
	})
	if !same {
		return fmt.Errorf("%s: answered with %v, want %v", a.Name, got, a.Answers)
	}
	return nil
}

// answers reads until the response to the echo and the number of answers are there.
func answers(conn *net.UDPConn, echo uint16, want int) (got []Answer, err error) {
	const patience = 3 * time.Second
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	b := make([]byte, longestDatagram)
	for echoed := false; !echoed || len(got) < want; {
		n, err := conn.Read(b)
		if err != nil {
			return got, err
		}
		p, err := gtp.Parse(b[:n])
		var bad *gtp.ParseError
		switch {
		case errors.As(err, &bad):
			return got, fmt.Errorf("an answer that can not be read: %w", err)
		case p.Header.Type == gtp.TypeEchoResponse && p.Header.Sequence == echo:
			echoed = true
		default:
			got = append(got, Answer{p.Header.Type, causeOf(p.Message)})
		}
	}
	return got, nil
}

func causeOf(m gtp.Message) gtp.Cause {
	switch m := m.(type) {
	case *gtp.CreatePDPContextResponse:
		return m.Cause
	case *gtp.UpdatePDPContextResponse:
		return m.Cause
	case *gtp.DeletePDPContextResponse:
		return m.Cause
	case *gtp.PDUNotificationRejectResponse:
		return m.Cause
	case *gtp.NoteMSGPRSPresentResponse:
		return m.Cause
	}
	return 0
}

// Flood sends so many Create PDP Context Requests, each for another terminal, and returns how many the socket took. The answers are read
// and dropped.
func (v Victim) Flood(conn *net.UDPConn, to netip.AddrPort, count int) (sent int) {
	m := v.create(gtp.DynamicAddress(gtp.PDPIPv4))
	b := make([]byte, longestDatagram)
	for i := range count {
		m.IMSI = push.IMSI(fmt.Sprintf("24099%010d", i))
		m.TEIDData, m.TEIDControl = gtp.TEID(i+1), new(gtp.TEID(i+1)|1<<31)
		d, err := gtp.Append(nil, gtp.Header{Sequence: uint16(i)}, m)
		if err != nil {
			panic(err)
		}
		if _, err := conn.WriteToUDPAddrPort(d, to); err == nil {
			sent++
		}
		_ = conn.SetReadDeadline(time.Now())
		_, _ = conn.Read(b)
	}
	return sent
}
