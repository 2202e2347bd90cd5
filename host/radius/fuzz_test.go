package radius

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/go-hclog"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"github.com/ppgbox/ppgbox/host/clock"
)

// FuzzAccounting lets attributes come in a packet whose authenticator is right, which is the most that somebody with the secret can do
// wrong, and the same octets as a whole packet, which is what everybody else can.
func FuzzAccounting(f *testing.F) {
	vector := octets(f, vectorStart)
	f.Add(vector[20:])
	f.Add(vector)
	f.Add(octets(f, vectorAnswer))
	for _, list := range [][]attribute{
		all([]attribute{isStop, vendor("\x0b", "\xff")}, alice()),
		{isOn, nas},
		{isOff, raw(rfc2865.NASIdentifier_Type, "ggsn0")},
		{isStart, nas, id, raw(97, "\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x00"), raw(96, "12345678"), raw(33, "state"), raw(33, ""), raw(55, "\x69\x00\x00\x00")},
		{vendor("\x01", "001010123456789", "\x07", "\xc0\x00\x02\x0b"), raw(26, "\x00\x00\x28\xaf\x01\x40001")},
	} {
		f.Add(request(f, 1, secret, list...)[20:])
	}
	from := netip.MustParseAddrPort("192.0.2.10:1646")
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &directory{}
		s, err := New(Options{Clients: []Client{{Sources: everywhere(), Secret: secret}}, Directory: d, Clock: clock.NewFake(noon), Log: hclog.NewNullLogger(), MaxPending: 4})
		if err != nil {
			t.Fatal(err)
		}
		if s.receive(b, from, nil) == taken && !radius.IsAuthenticRequest(b[:binary.BigEndian.Uint16(b[2:])], secret) {
			t.Fatal("a packet without the right authenticator was taken")
		}
		if len(b) > radius.MaxPacketLength-20 {
			return
		}
		packet := append(make([]byte, 20), b...)
		packet[0], packet[1] = byte(radius.CodeAccountingRequest), 200
		binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
		copy(packet[4:], requestAuthenticator(packet, secret))
		for len(s.work) > 0 {
			<-s.work
		}
		if why := s.receive(packet, from, nil); why != taken {
			if _, err := radius.ParseAttributes(b); err == nil || why != malformed {
				t.Fatalf("a packet was dropped as %s", why)
			}
			return
		}
		x := <-s.work
		request := x.request
		forwarder := forwarder{server: s}
		s.handle(x)
		checkTold(t, d)
		checkAnswer(t, request, packet, makeAnswer((<-s.answers).request))
		p := radius.Packet{Code: radius.CodeAccountingRequest, Secret: secret, Attributes: forwarder.attributes(request.Attributes)}
		if _, err := p.Encode(); err != nil {
			t.Errorf("it can not be forwarded: %v", err)
		}
	})
}

func checkTold(t *testing.T, d *directory) {
	for _, m := range d.tellings {
		k := m.session.SessionKey
		switch {
		case k.GGSN == "", !utf8.ValidString(k.GGSN), !utf8.ValidString(m.session.Accounting), m.at.After(noon):
			t.Errorf("told %s", m)
		case m.what == "end":
		case !k.Address.IsValid(), k.APN != strings.ToLower(k.APN), m.session.Accounting == "", strings.Trim(string(m.session.MSISDN+"/")+string(m.session.IMSI), "0123456789") != "/",
			len(m.session.MSISDN) > 15, len(m.session.IMSI) > 15:
			t.Errorf("told %s", m)
		}
	}
}

func checkAnswer(t *testing.T, request *radius.Packet, packet, answer []byte) {
	if !radius.IsAuthenticResponse(answer, packet, secret) {
		t.Errorf("%x does not answer %x", answer, packet)
	}
	want := []string{}
	for _, a := range request.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			want = append(want, string(a.Attribute))
		}
	}
	p, err := radius.Parse(answer, secret)
	if err != nil || len(p.Attributes) != len(want) {
		t.Fatalf("the answer has not the Proxy-State of the request: %x, %v", answer, err)
	}
	for i, a := range p.Attributes {
		if string(a.Attribute) != want[i] {
			t.Errorf("attribute %d is %x", i, a.Attribute)
		}
	}
}
