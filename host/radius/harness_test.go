package radius

import (
	"context"
	"crypto/md5"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// A telling is what a directory was told.
type telling struct {
	what    string // start, stop, end
	session store.Session
	at      time.Time
}

func (t telling) String() string {
	return fmt.Sprintf("%s %q %q %s id=%q msisdn=%s imsi=%s at=%s", t.what, t.session.GGSN, t.session.APN, t.session.Address, t.session.Accounting,
		t.session.MSISDN, t.session.IMSI, t.at.Format("15:04:05"))
}

// directory writes down what it is told, and is done at once, with err, or when the test says so.
type directory struct {
	mu       sync.Mutex
	tellings []telling
	err      error
	ended    int
	hold     bool
	held     []func()
}

func (d *directory) tell(t telling, done func(error)) {
	d.mu.Lock()
	d.tellings = append(d.tellings, t)
	err := d.err
	if d.hold {
		d.held = append(d.held, func() { done(err) })
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	done(err)
}

func (d *directory) SessionStart(s store.Session, at time.Time, done func(error)) {
	d.tell(telling{"start", s, at}, done)
}

func (d *directory) SessionStop(k store.SessionKey, accounting string, at time.Time, done func(error)) {
	d.tell(telling{"stop", store.Session{SessionKey: k, Accounting: accounting}, at}, done)
}

func (d *directory) SessionsEnd(ggsn string, at time.Time, done func(n int, err error)) {
	d.tell(telling{"end", store.Session{SessionKey: store.SessionKey{GGSN: ggsn}}, at}, func(err error) {
		d.mu.Lock()
		n := d.ended
		d.mu.Unlock()
		done(n, err)
	})
}

func (d *directory) set(change func(*directory)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// told returns what it was told since the last call, as text.
func (d *directory) told() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, t := range d.tellings {
		list = append(list, t.String())
	}
	d.tellings = nil
	return list
}

// release lets all that is held be done, once as many as n are.
// waiting is how many tellings are held.
func (d *directory) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.held)
}

func (d *directory) release(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d held", n), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.held) == n
	})
	d.mu.Lock()
	held := d.held
	d.held = nil
	d.mu.Unlock()
	for _, f := range held {
		f()
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

var (
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	local  = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	secret = []byte("secret")
)

// A bench is a server with a directory, a clock that stands, and a client.
type bench struct {
	*Server
	t         *testing.T
	directory *directory
	clock     *clock.Fake
	client    *sender
	serving   chan error
	ended     bool
}

// end closes the server without waiting for anything.
func (b *bench) end() {
	b.t.Helper()
	if !b.ended {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		b.Close(ctx)
		b.ended = true
	}
	if err := <-b.serving; err != nil {
		b.t.Errorf("Serve: %v", err)
	}
	b.serving <- nil
}

// start starts a server at which everybody at 127.0.0.1 has the secret.
func startServer(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	b := &bench{t: t, directory: &directory{}, clock: clock.NewFake(noon), serving: make(chan error, 1)}
	o := Options{Clients: []Client{{Sources: local, Secret: secret}}, Directory: b.directory, Clock: b.clock, Log: hclog.NewNullLogger()}
	if change != nil {
		change(&o)
	}
	var err error
	if b.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	if err := b.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() { b.serving <- b.Serve() }()
	b.client = newSender(t, b.Addr())
	t.Cleanup(func() {
		b.end()
		b.client.conn.Close()
		goleak.VerifyNone(t, leaks)
	})
	return b
}

// A sender sends accounting.
type sender struct {
	t    *testing.T
	conn *net.UDPConn
	next byte
}

func newSender(t *testing.T, address string) *sender {
	t.Helper()
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", nil, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &sender{t: t, conn: conn}
}

func (c *sender) send(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *sender) receive() []byte {
	c.t.Helper()
	b := make([]byte, 5000)
	_ = c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.conn.Read(b)
	if err != nil {
		c.t.Fatal("no answer: ", err)
	}
	return b[:n]
}

// expect receives the answer to a request, and nothing else before it.
func (c *sender) expect(request []byte) *radius.Packet {
	c.t.Helper()
	b := c.receive()
	if !radius.IsAuthenticResponse(b, request, secret) || b[1] != request[1] {
		c.t.Fatalf("%x does not answer %x", b, request)
	}
	p, err := radius.Parse(b, secret)
	if err != nil || p.Code != radius.CodeAccountingResponse {
		c.t.Fatalf("%v, %v", p, err)
	}
	return p
}

// request returns an accounting request with the next identifier.
func (c *sender) request(attributes ...attribute) []byte {
	c.t.Helper()
	c.next++
	return request(c.t, c.next, secret, attributes...)
}

// tell sends a request and waits for its answer.
func (c *sender) tell(attributes ...attribute) {
	c.t.Helper()
	b := c.request(attributes...)
	c.send(b)
	c.expect(b)
}

// An attribute of a request.
type attribute func(*radius.Packet)

func request(t testing.TB, identifier byte, secret []byte, attributes ...attribute) []byte {
	p := &radius.Packet{Code: radius.CodeAccountingRequest, Identifier: identifier, Secret: secret}
	for _, a := range attributes {
		a(p)
	}
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func raw(typ radius.Type, value string) attribute {
	return func(p *radius.Packet) { p.Add(typ, radius.Attribute(value)) }
}

func number(typ radius.Type, n uint32) attribute {
	return func(p *radius.Packet) { p.Add(typ, radius.NewInteger(n)) }
}

func status(s rfc2866.AcctStatusType) attribute {
	return number(rfc2866.AcctStatusType_Type, uint32(s))
}

func sessionID(s string) attribute { return raw(rfc2866.AcctSessionID_Type, s) }

func ip(typ radius.Type, a string) attribute {
	return raw(typ, string(netip.MustParseAddr(a).AsSlice()))
}

// vendor is a Vendor-Specific of 3GPP with the attributes that are given as type, value, type, value.
func vendor(typesAndValues ...string) attribute {
	v := "\x00\x00\x28\xaf"
	for pair := range slices.Chunk(typesAndValues, 2) {
		v += pair[0] + string(rune(len(pair[1])+2)) + pair[1]
	}
	return raw(rfc2865.VendorSpecific_Type, v)
}

// Attributes of a session at the GGSN 192.0.2.10.
var (
	isStart   = status(rfc2866.AcctStatusType_Value_Start)
	isInterim = status(rfc2866.AcctStatusType_Value_InterimUpdate)
	isStop    = status(rfc2866.AcctStatusType_Value_Stop)
	isOn      = status(rfc2866.AcctStatusType_Value_AccountingOn)
	isOff     = status(rfc2866.AcctStatusType_Value_AccountingOff)
	nas       = ip(rfc2865.NASIPAddress_Type, "192.0.2.10")
	framed    = ip(rfc2865.FramedIPAddress_Type, "10.45.0.7")
	called    = raw(rfc2865.CalledStationID_Type, "Internet")
	calling   = raw(rfc2865.CallingStationID_Type, "+358401234567")
	imsi      = vendor("\x01", "001010123456789")
	id        = sessionID("A1")
)

func all(lists ...[]attribute) []attribute { return slices.Concat(lists...) }

// alice is what a GGSN says of a session, apart from what has become of it.
func alice() []attribute { return []attribute{nas, framed, called, calling, imsi, id} }

// count reads a counter when it has reached n.
func (b *bench) count(what string, load func() uint64, n uint64) {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("%s is %d, not %d", what, load(), n), func() bool { return load() == n })
}

func everywhere() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
}

// requestAuthenticator is that of RFC 2866 §3.
func requestAuthenticator(b, secret []byte) []byte {
	h := md5.New()
	h.Write(b[:4])
	h.Write(make([]byte, 16))
	h.Write(b[20:])
	h.Write(secret)
	return h.Sum(nil)
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is what was logged.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
