package ggsn

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

const (
	imsi1 push.IMSI = "240010123456789"
	imsi2 push.IMSI = "001010000000101"
	imsi3 push.IMSI = "240010000000003"
)

// static1 is the static address of imsi1 in the configuration of tests.
var static1 = netip.MustParseAddr("10.47.0.7")

// A peer is an SGSN of a test: two sockets.
type peer struct {
	t             testing.TB
	control, user *net.UDPConn
	to, toUser    *net.UDPAddr // of the GGSN
	sequence      uint16
	teid          gtp.TEID // the last one that was given out
}

func newPeer(t testing.TB) *peer {
	t.Helper()
	p := &peer{t: t, sequence: 100, teid: 0x1000}
	for _, conn := range []**net.UDPConn{&p.control, &p.user} {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		*conn = c
	}
	return p
}

func port(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// configuration is a file for a GGSN whose SGSN is the peer. Each further text is added; a section that is there already is
// added to with what follows its heading.
func (p *peer) configuration(more ...string) string {
	p.t.Helper()
	sections := map[string]string{
		"ggsn":      "admin = \"\"\napns = [\"push.example\"]\nunsolicited = \"accept\"\n",
		"gtp":       fmt.Sprintf("control = \"127.0.0.1:0\"\nuser = \"127.0.0.1:0\"\npeer_control_port = %d\npeer_user_port = %d\n", port(p.control), port(p.user)),
		"addresses": "pool = [\"10.46.0.0/29\"]\n",
		"push":      "source = \"10.46.255.1\"\n",
	}
	rest := "[[static]]\nimsi = \"" + string(imsi1) + "\"\naddress = \"" + static1.String() + "\"\n"
	allowed := false
	for _, m := range more {
		heading, body, _ := strings.Cut(m, "\n")
		name := strings.Trim(heading, "[]")
		if strings.Contains(body, "sgsns =") {
			allowed = true
		}
		if _, ok := sections[name]; ok {
			for line := range strings.Lines(body) { // what is given anew replaces
				key, _, _ := strings.Cut(line, " =")
				sections[name] = without(sections[name], key)
			}
			sections[name] += body + "\n"
			continue
		}
		rest = m + "\n" + rest
	}
	if !allowed {
		sections["gtp"] += "sgsns = [\"127.0.0.1\"]\n"
	}
	text := ""
	for _, name := range []string{"ggsn", "gtp", "addresses", "push"} {
		text += "[" + name + "]\n" + sections[name]
	}
	dir := p.t.TempDir()
	file := filepath.Join(dir, "ggsn.toml")
	if err := os.WriteFile(file, []byte(text+rest), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

func without(text, key string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if name, _, _ := strings.Cut(line, " ="); name != key {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// start starts a GGSN of a configuration.
func (p *peer) start(file string, k clock.Clock) *GGSN {
	p.t.Helper()
	c, err := Load(file)
	if err != nil {
		p.t.Fatal(err)
	}
	g, err := start(c, nil, k)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(g.close)
	p.know(g)
	return g
}

// know has the peer speak with a GGSN.
func (p *peer) know(g *GGSN) {
	p.to, p.toUser = g.controlConn.LocalAddr().(*net.UDPAddr), g.userPlaneSocket.LocalAddr().(*net.UDPAddr)
}

// serve starts a GGSN with more of a configuration.
func serve(t testing.TB, more ...string) (*GGSN, *peer) {
	t.Helper()
	p := newPeer(t)
	return p.start(p.configuration(more...), clock.System()), p
}

// send sends octets as they are.
func (p *peer) send(conn *net.UDPConn, to *net.UDPAddr, b []byte) {
	p.t.Helper()
	if _, err := conn.WriteToUDP(b, to); err != nil {
		p.t.Fatal(err)
	}
}

// receive returns the next datagram at a socket.
func (p *peer) receive(conn *net.UDPConn) []byte {
	p.t.Helper()
	b := make([]byte, 1<<16)
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	n, err := conn.Read(b)
	if err != nil {
		p.t.Fatal(err)
	}
	return b[:n]
}

func (p *peer) parse(b []byte) gtp.Packet {
	p.t.Helper()
	packet, err := gtp.Parse(b)
	if err != nil {
		p.t.Fatalf("the GGSN sent %x: %v", b, err)
	}
	return packet
}

// encode makes a request with the next sequence number.
func (p *peer) encode(teid gtp.TEID, m gtp.Message) []byte {
	p.t.Helper()
	p.sequence++
	b, err := gtp.Append(nil, gtp.Header{TEID: teid, Sequence: p.sequence}, m)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// ask sends a request of the control plane and returns the response.
func (p *peer) ask(teid gtp.TEID, m gtp.Message) gtp.Packet {
	p.t.Helper()
	p.send(p.control, p.to, p.encode(teid, m))
	got := p.parse(p.receive(p.control))
	if got.Header.Type != m.Type()+1 || got.Header.Sequence != p.sequence {
		p.t.Fatalf("%v was answered with %v, sequence number %d for %d", m.Type(), got.Header.Type, got.Header.Sequence, p.sequence)
	}
	return got
}

var loopback = netip.MustParseAddr("127.0.0.1")

// create is a Create PDP Context Request as an SGSN sends it, for a dynamic address.
func (p *peer) create(imsi push.IMSI) *gtp.CreatePDPContextRequest {
	p.teid += 2
	data, control := p.teid, p.teid+1
	mode := gtp.SelectionMode(0)
	return &gtp.CreatePDPContextRequest{
		IMSI: imsi, SelectionMode: &mode, TEIDData: data, TEIDControl: &control, NSAPI: 5, EndUserAddress: gtp.DynamicAddress(gtp.PDPIPv4),
		APN: "push.example", SGSNSignalling: loopback, SGSNUser: loopback, MSISDN: "46702123456", QoS: []byte{0, 0x0B, 0x92, 0x1F}, RATType: 2,
	}
}

// up creates a context that has to come about.
func (p *peer) up(m *gtp.CreatePDPContextRequest) *gtp.CreatePDPContextResponse {
	p.t.Helper()
	got := p.ask(0, m)
	r := got.Message.(*gtp.CreatePDPContextResponse)
	if !r.Cause.Accepted() || got.Header.TEID != *m.TEIDControl {
		p.t.Fatalf("the Create was answered with %v at TEID %d", r.Cause, got.Header.TEID)
	}
	return r
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// counted is the value of a metric with labels, as "dropped_total", "plane", "control", "reason", "version".
func counted(t testing.TB, g *GGSN, name string, labels ...string) int {
	t.Helper()
	families, err := g.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "ppgbox_ggsn_"+name {
			continue
		}
	metric:
		for _, m := range f.GetMetric() {
			have := map[string]string{}
			for _, l := range m.GetLabel() {
				have[l.GetName()] = l.GetValue()
			}
			for i := 0; i < len(labels); i += 2 {
				if have[labels[i]] != labels[i+1] {
					continue metric
				}
			}
			return int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	return 0
}

var _ prometheus.Collector = standing{}

// pass lets seconds pass for a GGSN, and has it look through its contexts after each.
func pass(t testing.TB, g *GGSN, k *clock.Fake, seconds int) {
	t.Helper()
	for range seconds {
		k.Advance(time.Second)
		eventually(t, "the contexts are looked through", func() bool { return g.looked.Load() == int64(k.Elapsed()) })
	}
}
