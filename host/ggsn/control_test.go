package ggsn

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func TestEcho(t *testing.T) {
	g, p := serve(t)
	if r := p.ask(0, new(gtp.EchoRequest)).Message.(*gtp.EchoResponse); r.Recovery != g.restart {
		t.Errorf("the restart counter is %d, want %d", r.Recovery, g.restart)
	}
}

// Every row is a datagram that nobody should send to the control plane, with what comes back, and how it is counted. Nothing of it may
// make or end a context.
func TestControlPlaneRefuses(t *testing.T) {
	rows := []struct {
		name   string
		octets func(p *peer) []byte
		answer gtp.MessageType // 0: nothing
		cause  gtp.Cause
		reason string
	}{
		{"nothing", func(*peer) []byte { return nil }, 0, 0, "malformed"},
		{"half a header", func(*peer) []byte { return unhex("3210") }, 0, 0, "malformed"},
		{"a message that does not exist", func(*peer) []byte { return unhex("32fa000400000000" + "00010000") }, 0, 0, "malformed"},
		{"GTP version 0", func(*peer) []byte { return unhex("1e10000000010000" + "ffffff" + "ff" + "0000000000000000") }, gtp.TypeVersionNotSupported, 0, "version"},
		{"GTP version 2, Create Session Request", func(*peer) []byte { return unhex("48200008" + "00000000" + "00000700") }, gtp.TypeVersionNotSupported, 0, "version"},
		{"GTP prime", func(*peer) []byte { return unhex("2210000400000000" + "00010000") }, 0, 0, "malformed"},
		{"a length that is too short", func(p *peer) []byte {
			b := p.encode(0, p.create(imsi2))
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)-8-5))
			return b
		}, gtp.TypeCreatePDPContextResponse, gtp.CauseInvalidMessageFormat, "rejected"},
		{"a length that is too long", func(p *peer) []byte {
			b := p.encode(0, p.create(imsi2))
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)-8+5))
			return b
		}, gtp.TypeCreatePDPContextResponse, gtp.CauseInvalidMessageFormat, "rejected"},
		{"an element that ends behind the message", func(p *peer) []byte {
			b := p.encode(0, p.create(imsi2))
			return patched(b[:len(b)-3])
		}, gtp.TypeCreatePDPContextResponse, gtp.CauseInvalidMessageFormat, "rejected"},
		{"an element of an unknown type and length", func(p *peer) []byte {
			return patched(append(p.encode(0, &gtp.DeletePDPContextRequest{NSAPI: 5}), 0x3F, 0))
		}, gtp.TypeDeletePDPContextResponse, gtp.CauseInvalidMessageFormat, "rejected"},
		{"elements out of order", func(p *peer) []byte {
			return patched(append(p.encode(0, &gtp.DeletePDPContextRequest{NSAPI: 5}), byte(gtp.ElementCause), 0))
		}, gtp.TypeDeletePDPContextResponse, gtp.CauseInvalidMessageFormat, "rejected"},
		{"a Create without NSAPI", func(p *peer) []byte {
			b := p.encode(0, p.create(imsi2))
			at := len(b) - len(p.afterNSAPI(b)) - 2
			return patched(append(b[:at:at], b[at+2:]...))
		}, gtp.TypeCreatePDPContextResponse, gtp.CauseMandatoryIEMissing, "rejected"},
		{"an extension header that must be understood", func(p *peer) []byte {
			b := p.encode(0, new(gtp.EchoRequest))
			b[0] |= 4
			b[11] = 0xC1
			return patched(append(b, 1, 0, 0, 0))
		}, 0, 0, "rejected"},
		{"a response that nobody asked for", func(p *peer) []byte {
			b, _ := gtp.Append(nil, gtp.Header{Sequence: 9}, &gtp.PDUNotificationResponse{Cause: 128})
			return b
		}, 0, 0, "unexpected"},
		{"a request that is for SGSNs", func(p *peer) []byte {
			return p.encode(0, &gtp.PDUNotificationRequest{
				IMSI: imsi2, TEIDControl: 1, EndUserAddress: gtp.DynamicAddress(gtp.PDPIPv4), APN: "push.example", GGSNSignalling: loopback,
			})
		}, 0, 0, "unexpected"},
		{"a request that is for the HLR's node", func(p *peer) []byte {
			return p.encode(0, &gtp.SendRouteingInfoRequest{IMSI: imsi2})
		}, 0, 0, "unexpected"},
		{"a report that is for the HLR's node", func(p *peer) []byte {
			return p.encode(0, &gtp.FailureReportRequest{IMSI: imsi2})
		}, 0, 0, "unexpected"},
		{"a G-PDU", func(p *peer) []byte {
			b, _ := gtp.Append(nil, gtp.Header{TEID: 1}, &gtp.GPDU{Payload: []byte{0x45}})
			return b
		}, 0, 0, "unexpected"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p := serve(t)
			p.up(p.create(imsi3))
			p.send(p.control, p.to, row.octets(p))
			if row.answer != 0 {
				got := p.parse(p.receive(p.control))
				if got.Header.Type != row.answer || causeOf(got.Message) != row.cause {
					t.Errorf("answered with %v and cause %v, want %v and %v", got.Header.Type, causeOf(got.Message), row.answer, row.cause)
				}
			}
			eventually(t, "it is counted as "+row.reason, func() bool {
				return counted(t, g, "dropped_total", "plane", "control", "reason", row.reason) == 1
			})
			p.ask(0, new(gtp.EchoRequest)) // the next answer is that of the Echo: there was no other one
			if _, ok := g.table.ByIMSI(imsi3); !ok || g.Contexts() != 1 {
				t.Errorf("%d contexts", g.Contexts())
			}
		})
	}
}

// What a later release sends beside the rest changes nothing.
func TestControlPlanePassesOver(t *testing.T) {
	g, p := serve(t)
	b := p.encode(0, p.create(imsi2))
	b = patched(append(b, unhex("ee0003010203"+"ff0006ffff01020304")...)) // an element of an unknown type, a private one
	p.send(p.control, p.to, b)
	if r := p.parse(p.receive(p.control)).Message.(*gtp.CreatePDPContextResponse); !r.Cause.Accepted() || g.Contexts() != 1 {
		t.Errorf("answered with %v, %d contexts", r.Cause, g.Contexts())
	}
}

// Nobody but the SGSNs of the configuration is answered.
func TestStranger(t *testing.T) {
	g, p := serve(t, "[gtp]\nsgsns = [\"192.0.2.0/24\"]")
	p.send(p.control, p.to, p.encode(0, p.create(imsi2)))
	p.send(p.user, p.toUser, unhex("320100040000000000010000"))
	for _, plane := range []string{planeControl, planeUser} {
		eventually(t, "it is counted at the "+plane+" plane", func() bool {
			return counted(t, g, "dropped_total", "plane", plane, "reason", "not_allowed") == 1
		})
	}
	if g.Contexts() != 0 {
		t.Error("a stranger has a context")
	}
}

// The GSN that speaks for the HLR may say that a terminal is present, and nothing about contexts.
func TestRegisterIsNoSGSN(t *testing.T) {
	p := newPeer(t)
	r := newTestRegister(p)
	g := p.start(p.configuration(r.section(), "[gtp]\nsgsns = [\"192.0.2.0/24\"]"), clock.System())
	p.send(p.control, p.to, p.encode(0, p.create(imsi2)))
	if c := p.ask(0, &gtp.NoteMSGPRSPresentRequest{IMSI: imsi2, GSNAddress: loopback}).Message.(*gtp.NoteMSGPRSPresentResponse).Cause; !c.Accepted() {
		t.Errorf("the cause is %v", c)
	}
	if n := counted(t, g, "dropped_total", "plane", "control", "reason", "not_allowed"); n != 1 || g.Contexts() != 0 {
		t.Errorf("%d messages are dropped, %d contexts", n, g.Contexts())
	}
}

// Note MS GPRS Present is answered, and a reject of a notification that there never was as the clause says.
func TestOfTheNetwork(t *testing.T) {
	g, p := serve(t)
	got := p.ask(0, &gtp.NoteMSGPRSPresentRequest{IMSI: imsi2, GSNAddress: loopback})
	if r := got.Message.(*gtp.NoteMSGPRSPresentResponse); !r.Cause.Accepted() {
		t.Errorf("the cause is %v", r.Cause)
	}
	eventually(t, "it is counted", func() bool { return counted(t, g, "terminals_present_total") == 1 })
	got = p.ask(0x77, &gtp.PDUNotificationRejectRequest{
		Cause: gtp.CauseMSRefuses, TEIDControl: 0x99, EndUserAddress: gtp.DynamicAddress(gtp.PDPIPv4), APN: "push.example",
	})
	if r := got.Message.(*gtp.PDUNotificationRejectResponse); r.Cause != gtp.CauseNonExistent || got.Header.TEID != 0x99 {
		t.Errorf("the cause is %v at TEID %d", r.Cause, got.Header.TEID)
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// patched sets the length of a message.
func patched(b []byte) []byte {
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-8))
	return b
}

// afterNSAPI returns what follows the NSAPI of a Create as create makes it: its elements up to there have fixed lengths.
func (p *peer) afterNSAPI(b []byte) []byte {
	const before = 12 + 9 + 2 + 5 + 5 // header, IMSI, selection mode, two TEIDs
	if b[before] != byte(gtp.ElementNSAPI) {
		p.t.Fatalf("there is no NSAPI at octet %d of %x", before, b)
	}
	return b[before+2:]
}

func causeOf(m gtp.Message) gtp.Cause {
	switch m := m.(type) {
	case *gtp.CreatePDPContextResponse:
		return m.Cause
	case *gtp.DeletePDPContextResponse:
		return m.Cause
	}
	return 0
}
