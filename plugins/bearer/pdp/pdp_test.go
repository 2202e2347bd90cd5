package pdp

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

var message = push.Message{
	ContentType: "application/vnd.wap.slc; charset=utf-8",
	Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "mms.ua"}, {Name: "Authorization", Value: "Basic c2VjcmV0"}},
	Body:        []byte{0x02, 0x06, 0x6a, 0x00},
}

// terminal is a UDP socket that stands for a terminal.
func terminal(t *testing.T) (*net.UDPConn, int) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).Port
}

func configured(t *testing.T, toml string) *Plugin {
	t.Helper()
	p := New()
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(toml)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, c := range p.sockets.open {
			c.Close()
		}
	})
	return p
}

func online(addr string) *push.Session { return &push.Session{Address: netip.MustParseAddr(addr)} }

func TestDeliver(t *testing.T) {
	conn, port := terminal(t)
	p := configured(t, fmt.Sprintf("terminal_port = %d\nsource_port = 0\nnode = [{ name = \"ggsn1\", source = \"127.0.0.2\" }]", port))
	tests := []struct {
		name     string
		delivery push.Delivery
		source   string
	}{
		{"to a session, from its node", push.Delivery{Route: push.Route{Node: "ggsn1", Session: online("127.0.0.1")}}, "127.0.0.2"},
		{"to an address", push.Delivery{Terminal: push.Subscriber{Address: push.Address{Type: push.IPv4, Value: "127.0.0.1"}}}, "127.0.0.1"},
	}
	tids := map[byte]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.delivery.Message = message
			o, err := p.Deliver(t.Context(), tt.delivery)
			if err != nil || o.Kind != push.OutcomeAccepted {
				t.Fatalf("got %+v, %v; want accepted", o, err)
			}
			buf := make([]byte, 1500)
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wsp.DecodePush(buf[:n])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Data, message.Body) || !strings.HasPrefix(got.ContentType, "application/vnd.wap.slc") || from.Addr().String() != tt.source {
				t.Errorf("the terminal got %+v from %s", got, from)
			}
			if len(got.Headers) != 1 || !strings.EqualFold(got.Headers[0].Name, "X-Wap-Application-Id") {
				t.Errorf("over the air went the headers %+v", got.Headers)
			}
			tids[got.TID] = true
		})
	}
	if len(tids) != len(tests) {
		t.Error("two pushes carry the same transaction id")
	}
}

func TestNotDelivered(t *testing.T) {
	p := configured(t, "source_port = 0\nmax_octets = 100\nnode = [{ name = \"ggsn1\", source = \"127.0.0.1\" }, { name = \"away\", source = \"192.0.2.1\" }]")
	expired := online("127.0.0.1")
	expired.Expires = time.Now().Add(-time.Second)
	long := message
	long.Body = make([]byte, 100)
	tests := []struct {
		name     string
		delivery push.Delivery
		kind     push.OutcomeKind
	}{
		{"no session", push.Delivery{Message: message, Terminal: push.Subscriber{Address: push.Address{Type: push.PLMN, Value: "+1"}}}, push.OutcomeUnreachable},
		{"session that has expired", push.Delivery{Message: message, Route: push.Route{Node: "ggsn1", Session: expired}}, push.OutcomeUnreachable},
		{"too long", push.Delivery{Message: long, Route: push.Route{Session: online("127.0.0.1")}}, push.OutcomeRefused},
		{"the node's address is not there", push.Delivery{Message: message, Route: push.Route{Node: "away", Session: online("127.0.0.1")}}, push.OutcomeFailedForNow},
		{"the other family", push.Delivery{Message: message, Route: push.Route{Node: "ggsn1", Session: online("::1")}}, push.OutcomeFailedForNow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := p.Deliver(t.Context(), tt.delivery)
			if err != nil || o.Kind != tt.kind || o.Cause == "" {
				t.Errorf("got %+v, %v; want %v with a cause", o, err, tt.kind)
			}
		})
	}
	if _, err := p.Deliver(t.Context(), push.Delivery{Message: message, Route: push.Route{Node: "ggsn9", Session: online("127.0.0.1")}}); err == nil || push.AsError(err).Temporary {
		t.Errorf("a node that is not configured gave %v, want a permanent error", err)
	}
}

func TestConformance(t *testing.T) {
	_, port := terminal(t)
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: fmt.Sprintf("terminal_port = %d\nsource_port = 0", port),
			Wrong: []conformance.WrongConfig{
				{TOML: "terminal_port = 0\nsource_port = 70000\nmax_octets = 0", Keys: []string{"terminal_port", "source_port", "max_octets"}},
				{TOML: `node = [{ name = "a", source = "here" }, { name = "a", source = "127.0.0.1" }]`, Keys: []string{"node.0.source", "node.1.name"}},
			},
		},
		New:        func() bearer.Bearer { return New() },
		Deliveries: []push.Delivery{{Message: message, Route: push.Route{Session: online("127.0.0.1")}}},
	})
}

func TestDeliverOverIPv6(t *testing.T) {
	conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skip("this machine has no IPv6 loopback: ", err)
	}
	defer conn.Close()
	p := configured(t, fmt.Sprintf("terminal_port = %d\nsource_port = 0", conn.LocalAddr().(*net.UDPAddr).Port))
	o, err := p.Deliver(t.Context(), push.Delivery{
		Message: message, Terminal: push.Subscriber{Address: push.Address{Type: push.IPv6, Value: "::1"}},
	})
	if err != nil || o.Kind != push.OutcomeAccepted {
		t.Fatalf("got %+v, %v; want accepted", o, err)
	}
	buf := make([]byte, 1500)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wsp.DecodePush(buf[:n]); err != nil || !bytes.Equal(got.Data, message.Body) {
		t.Errorf("the terminal got %+v, %v", got, err)
	}
}
