package accounting

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
)

const patience = 10 * time.Second

var secret = []byte("testing123")

// A server is an accounting server of a test.
type server struct {
	t    *testing.T
	conn *net.UDPConn
	lost atomic.Int32
}

func newServer(t *testing.T) *server {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &server{t: t, conn: conn}
}

func (s *server) client(change func(*Config)) *Client {
	s.t.Helper()
	c := Config{
		Server: s.conn.LocalAddr().String(), Secret: secret, GGSN: netip.MustParseAddr("192.0.2.10"), Name: "ggsn", Timeout: time.Minute,
		MostPause: time.Minute, GiveUp: time.Hour, Window: 10, Queue: 100, Lost: func(string) { s.lost.Add(1) },
	}
	if change != nil {
		change(&c)
	}
	client, err := New(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		client.Close(over)
	})
	return client
}

// A received is a request as it came.
type received struct {
	*radius.Packet
	octets []byte
	from   *net.UDPAddr
}

func (s *server) receive() received {
	s.t.Helper()
	b := make([]byte, 4096)
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	n, from, err := s.conn.ReadFromUDP(b)
	if err != nil {
		s.t.Fatal(err)
	}
	if !radius.IsAuthenticRequest(b[:n], secret) {
		s.t.Fatalf("the authenticator of %x is wrong", b[:n])
	}
	p, err := radius.Parse(b[:n], secret)
	if err != nil {
		s.t.Fatal(err)
	}
	return received{p, b[:n], from}
}

func (s *server) answer(r received, with []byte) {
	s.t.Helper()
	p := radius.Packet{Code: radius.CodeAccountingResponse, Identifier: r.Identifier, Authenticator: r.Authenticator, Secret: with}
	b, err := p.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.conn.WriteToUDP(b, r.from); err != nil {
		s.t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func aRecord(status Status) Record {
	return Record{
		Status: status, At: time.Unix(1_790_000_000, 0), IMSI: "240010123456789", MSISDN: "46702123456", APN: "push.example",
		Address: netip.MustParseAddr("10.46.0.7"), SGSN: netip.MustParseAddr("192.0.2.20"), NSAPI: 10, RATType: 2, ChargingID: 0x01000033,
		Since: 90 * time.Second, UplinkOctets: 1<<32 + 5, DownlinkOctets: 6, UplinkPackets: 7, DownlinkPackets: 8,
	}
}

// What a record says, attribute by attribute (3GPP TS 29.061 §16.4).
func TestRecord(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	for _, status := range []Status{Start, Interim, Stop} {
		c.Tell(aRecord(status))
		r := s.receive()
		want := map[radius.Type]string{
			rfc2866.AcctStatusType_Type: string([]byte{0, 0, 0, byte(status)}), rfc2865.NASIPAddress_Type: "\xC0\x00\x02\x0A",
			rfc2865.NASIdentifier_Type: "ggsn", rfc2869.EventTimestamp_Type: string(binary.BigEndian.AppendUint32(nil, 1_790_000_000)),
			rfc2866.AcctSessionID_Type: "c000020a01000033", rfc2865.CalledStationID_Type: "push.example", rfc2865.CallingStationID_Type: "46702123456",
			rfc2865.FramedIPAddress_Type: "\x0A\x2E\x00\x07", rfc2865.ServiceType_Type: "\x00\x00\x00\x02", rfc2865.FramedProtocol_Type: "\x00\x00\x00\x07",
		}
		if status != Start {
			want[rfc2866.AcctSessionTime_Type] = "\x00\x00\x00\x5A"
			want[rfc2866.AcctInputOctets_Type], want[52], want[rfc2866.AcctInputPackets_Type] = "\x00\x00\x00\x05", "\x00\x00\x00\x01", "\x00\x00\x00\x07"
			want[rfc2866.AcctOutputOctets_Type], want[rfc2866.AcctOutputPackets_Type] = "\x00\x00\x00\x06", "\x00\x00\x00\x08"
		}
		vendor := map[byte]string{
			1: "240010123456789", 2: "\x01\x00\x00\x33", 3: "\x00\x00\x00\x00", 6: "\xC0\x00\x02\x14", 7: "\xC0\x00\x02\x0A", 10: "a", 21: "\x02",
		}
		if status == Stop {
			want[rfc2866.AcctTerminateCause_Type] = "\x00\x00\x00\x01"
			vendor[11] = "\xFF"
		}
		for _, a := range r.Attributes {
			v := a.Attribute
			if a.Type == rfc2865.VendorSpecific_Type {
				if len(v) < 6 || string(v[:4]) != "\x00\x00\x28\xAF" || int(v[5]) != len(v)-4 || vendor[v[4]] != string(v[6:]) {
					t.Errorf("%d: attribute of a vendor %x", status, []byte(v))
				}
				delete(vendor, v[4])
				continue
			}
			if got, ok := want[a.Type]; !ok || got != string(v) {
				t.Errorf("%d: attribute %d is %x, want %x", status, a.Type, []byte(v), got)
			}
			delete(want, a.Type)
		}
		if len(want)+len(vendor) > 0 {
			t.Errorf("%d: missing are %v and %v", status, want, vendor)
		}
		s.answer(r, secret)
	}
	lost := aRecord(Stop)
	lost.Lost = true
	c.Tell(lost)
	if cause := rfc2866.AcctTerminateCause_Get(s.receive().Packet); cause != rfc2866.AcctTerminateCause_Value_LostCarrier {
		t.Errorf("the cause of one that was lost is %v", cause)
	}
}

// What is not answered comes again, the same; what is answered does not. An answer that proves nothing is none.
func TestRepeat(t *testing.T) {
	s := newServer(t)
	c := s.client(func(c *Config) { c.Timeout, c.MostPause = 20*time.Millisecond, 40*time.Millisecond })
	c.Tell(aRecord(Start))
	first := s.receive()
	s.answer(first, []byte("another secret"))
	for range 3 {
		if again := s.receive(); string(again.octets) != string(first.octets) {
			t.Errorf("%x comes again as %x", first.octets, again.octets)
		}
	}
	s.answer(first, secret)
	eventually(t, "it is answered", func() bool { return c.Counters().Answered == 1 })
	n := c.Counters()
	if n.Sent != 1 || n.Repeated < 3 || n.Forged != 1 || n.Waiting != 0 || n.Lost != 0 {
		t.Errorf("counted %+v", n)
	}
}

// Nothing goes beside an Accounting-On: it ends all sessions.
func TestOnGoesAlone(t *testing.T) {
	s := newServer(t)
	c := s.client(nil)
	c.Tell(Record{Status: On, At: time.Now()})
	c.Tell(aRecord(Start))
	on := s.receive()
	if status := rfc2866.AcctStatusType_Get(on.Packet); status != rfc2866.AcctStatusType_Value_AccountingOn || len(on.Attributes) != 4 {
		t.Errorf("the first is %v with %d attributes", status, len(on.Attributes))
	}
	if n := c.Counters(); n.Sent != 1 || n.Waiting != 2 {
		t.Errorf("counted %+v", n)
	}
	s.answer(on, secret)
	if status := rfc2866.AcctStatusType_Get(s.receive().Packet); status != rfc2866.AcctStatusType_Value_Start {
		t.Errorf("the second is %v", status)
	}
	c.Tell(Record{Status: Off, At: time.Now()})
	c.Tell(aRecord(Start))
	eventually(t, "both wait for the first", func() bool { return c.Counters().Waiting == 3 })
	if n := c.Counters(); n.Sent != 2 {
		t.Errorf("counted %+v", n)
	}
}

// Without answers what is under way is bounded, and so is what waits.
func TestBounds(t *testing.T) {
	s := newServer(t)
	c := s.client(func(c *Config) { c.Window, c.Queue, c.GiveUp = 3, 4, 300*time.Millisecond })
	for range 3 {
		c.Tell(aRecord(Start))
	}
	eventually(t, "the window is full", func() bool { return c.Counters().Sent == 3 })
	for range 6 {
		c.Tell(aRecord(Start))
	}
	if n := c.Counters(); n.Sent != 3 || n.Waiting != 7 || n.Lost != 2 || s.lost.Load() != 2 {
		t.Errorf("counted %+v, told of %d", n, s.lost.Load())
	}
	identifiers := map[byte]bool{}
	for range 3 {
		identifiers[s.receive().Identifier] = true
	}
	if len(identifiers) != 3 {
		t.Errorf("%d identifiers for three requests", len(identifiers))
	}
	eventually(t, "all are given up", func() bool { n := c.Counters(); return n.Lost == 9 && n.Waiting == 0 && s.lost.Load() == 9 })
}

// Close sends what waits.
func TestClose(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := newServer(t)
	c := s.client(nil)
	c.Tell(aRecord(Stop))
	closed := make(chan struct{})
	go func() { c.Close(t.Context()); close(closed) }()
	s.answer(s.receive(), secret)
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("it does not close")
	}
	c.Tell(aRecord(Stop)) // nothing
	if n := c.Counters(); n.Answered != 1 || n.Waiting != 0 {
		t.Errorf("counted %+v", n)
	}
	c.Close(t.Context())
}

// A server that does not answer is told of once, and once when it is back.
func TestAnswers(t *testing.T) {
	s := newServer(t)
	said := make(chan bool, 10)
	c := s.client(func(c *Config) {
		c.Timeout, c.MostPause, c.Answers = 20*time.Millisecond, 20*time.Millisecond, func(answers bool) { said <- answers }
	})
	c.Tell(aRecord(Start))
	last := s.receive()
	for range 4 {
		last = s.receive()
	}
	s.answer(last, secret)
	for _, want := range []bool{false, true} {
		select {
		case answers := <-said:
			if answers != want {
				t.Errorf("it is said to answer: %t, want %t", answers, want)
			}
		case <-time.After(patience):
			t.Fatal("nothing is said")
		}
	}
	if len(said) != 0 {
		t.Error("more is said")
	}
}
