package pdp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func TestDeliver(t *testing.T) {
	to := func(kind push.AddressType, addr string) push.Delivery {
		return push.Delivery{Message: message, Timeout: time.Minute, Terminal: push.Subscriber{Address: push.Address{Type: kind, Value: addr}}}
	}
	tests := []struct {
		name     string
		terminal string
		delivery push.Delivery
		source   string
	}{
		{"to a session, from its node", "127.0.0.1", delivery("", "ggsn1", "127.0.0.1"), "127.0.0.2"},
		{"to a session of another node", "127.0.0.1", delivery("", "ggsn2", "127.0.0.1"), "127.0.0.3"},
		{"to an address", "127.0.0.1", to(push.IPv4, "127.0.0.1"), "127.0.0.1"},
		{"to a session, IPv4 in IPv6", "127.0.0.1", delivery("", "ggsn1", "::ffff:127.0.0.1"), "127.0.0.2"},
		{"to an IPv6 session of a node with both", "::1", delivery("", "ggsn1", "::1"), "::1"},
		{"to an IPv6 address", "::1", to(push.IPv6, "::1"), "::1"},
		{"to an address, IPv4 in IPv6", "127.0.0.1", to(push.IPv6, "::ffff:127.0.0.1"), "127.0.0.1"},
		{"to a session, from the system's choice", "127.0.0.1", delivery("", "", "127.0.0.1"), "127.0.0.1"},
		{"to an IPv6 session, from a node's only source", "::1", delivery("", "six", "::1"), "::1"},
		{"to a session, from a source that is IPv4 in IPv6", "127.0.0.1", delivery("", "mapped", "127.0.0.1"), "127.0.0.4"},
		{"to a session, from an interface", "127.0.0.1", delivery("", "device", "127.0.0.1"), "127.0.0.1"},
		{"to an IPv6 session, from an interface", "::1", delivery("", "device", "::1"), "::1"},
		{"to a session, from a source at an interface", "127.0.0.1", delivery("", "both", "127.0.0.1"), "127.0.0.5"},
		{"to an IPv6 session, from an interface whose source is IPv4", "::1", delivery("", "both", "::1"), "::1"},
	}
	tids := map[byte]bool{}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, port := terminal(t, tt.terminal)
			p, g := configured(t, ports(port, `listen_for_errors = "20ms"
				node = [{ name = "ggsn1", source = "127.0.0.2", source_ipv6 = "::1" }, { name = "ggsn2", source = "127.0.0.3" },
					{ name = "six", source = "::1" }, { name = "mapped", source = "::ffff:127.0.0.4" }, { name = "device", interface = "lo" },
					{ name = "both", interface = "lo", source = "127.0.0.5" }]`), nil)
			p.tid.Store(uint32(i))
			p.Start(tt.delivery)
			o := g.next(t).outcome
			if strings.Contains(o.Cause, "takes root or CAP_NET_RAW") {
				t.Skip(o.Cause)
			}
			if o.Kind != push.OutcomeAccepted {
				t.Fatalf("got %+v; want accepted", o)
			}
			buf := make([]byte, 1500)
			conn.SetReadDeadline(time.Now().Add(patience))
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				t.Fatal(err)
			}
			got, err := wsp.DecodePush(buf[:n])
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Data, message.Body) || !strings.HasPrefix(got.ContentType, "application/vnd.wap.slc") || from.Addr().Unmap().String() != tt.source {
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

// What is sent together goes together, and every push gets the outcome of its own terminal: those that listen and those that do not
// are mixed, and the errors of some must not be taken for those of others.
func TestManyAtOnce(t *testing.T) {
	const count = 300
	conn, port := terminal(t, "127.0.1.1")
	go func() {
		for buf := make([]byte, 1500); ; {
			if _, err := conn.Read(buf); err != nil {
				return
			}
		}
	}()
	p, g := configured(t, ports(port, `listen_for_errors = "500ms"`), nil)
	for i := range count {
		p.Start(delivery(fmt.Sprintf("%d-%d", i%2, i), "", fmt.Sprintf("127.0.1.%d", 1+i%2)))
	}
	for range count {
		r := g.next(t)
		want := push.OutcomeAccepted
		if r.id[0] == '1' {
			want = push.OutcomeUnreachable
		}
		if r.outcome.Kind != want {
			t.Fatalf("%s: got %+v; want %v", r.id, r.outcome, want)
		}
	}
	g.silent(t, "every push has its result")
	if p.sendings.first != nil || p.moments.next() != nil {
		t.Error("something is left of what ended")
	}
	for _, w := range p.ways {
		if len(w.air) > 0 {
			t.Error("errors are listened for of what ended")
		}
	}
}

// Closing ends the goroutines of the sockets.
func TestClose(t *testing.T) {
	before := goleak.IgnoreCurrent()
	_, port := terminal(t, "127.0.0.1")
	p, g := configured(t, ports(port, `listen_for_errors = "1ms"`), nil)
	p.Start(delivery("a", "", "127.0.0.1"))
	g.next(t)
	p.Close()
	goleak.VerifyNone(t, before)
}

func TestConformance(t *testing.T) {
	_, port := terminal(t, "127.0.0.1")
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: ports(port, `listen_for_errors = "700ms"`),
			Wrong: []conformance.WrongConfig{
				{
					TOML: "terminal_port = 0\nsource_port = 70000\nmax_octets = 0\nlisten_for_errors = \"1h\"\nin_flight = 0",
					Keys: []string{"terminal_port", "source_port", "max_octets", "listen_for_errors", "in_flight"},
				},
				{TOML: `listen_for_errors = "-1s"`, Keys: []string{"listen_for_errors"}},
				{TOML: `listen_for_errors = "soon"`, Keys: []string{"listen_for_errors"}},
				{TOML: `node = [{ name = "a", source = "here" }, { name = "a", source = "127.0.0.1" }]`, Keys: []string{"node.0.source", "node.1.name"}},
				{TOML: `node = [{ source = "::1", source_ipv6 = "::1" }, { name = "b" }]`, Keys: []string{"node.0.name", "node.0.source_ipv6", "node.1.source"}},
				{TOML: `node = [{ name = "a", source = "224.0.0.1", source_ipv6 = "ff02::1" }]`, Keys: []string{"node.0.source", "node.0.source_ipv6"}},
				{
					TOML: "activation_wait = \"0s\"\nwake_port = 0\nwakes = 11", Keys: []string{"activation_wait", "wake_port", "wakes"},
				},
				{
					TOML: `node = [{ name = "a", source = "::1", activation = "call" }, { name = "b", source = "::1", through = "there" },
						{ name = "c", source = "::1", through = "push_node" }, { name = "d", push_node = "h:1", token_file = "t", through = "here" },
						{ name = "e", push_node = "h:1", token_file = "t", activation = "packet" }]`,
					Keys: []string{"node.0.activation", "node.1.through", "node.2.through", "node.3.through", "node.4.activation"},
				},
				{
					TOML: `node = [{ name = "a", push_node = "h" }, { name = "b", source = "::1", tls = true },
						{ name = "c", push_node = "h:1", token_file = "t", ca_file = "c" }, { name = "d", push_node = ":1", token_file = "t", tls = true, cert_file = "c" },
						{ name = "e", push_node = "h:1", token_file = "t", tls = true, plaintext = true }]`,
					Keys: []string{"node.0.push_node", "node.0.token_file", "node.1.push_node", "node.2.tls", "node.3.push_node", "node.3.key_file", "node.4.plaintext"},
				},
				{
					TOML: `node = [{ name = "a", source_ipv6 = "10.0.0.1" }, { name = "b", interface = "no such name of any" }]`,
					Keys: []string{"node.0.source_ipv6", "node.1.interface"},
				},
			},
		},
		NewStream:  func() bearer.Stream { return New() },
		Deliveries: []push.Delivery{{Message: message, Route: push.Route{Session: online("127.0.0.1")}}},
		// A terminal never answers a push: all that listen are hanging until their time is over.
		Hanging: []push.Delivery{{Message: message, Lane: "silent", Route: push.Route{Session: online("127.0.0.1")}}},
	})
}

// The rules of bearers hold for pushes that a push node has, too: it answers some at once and others never, until they are cancelled.
func TestConformanceWithPushNode(t *testing.T) {
	_, address, _ := serveNode(t, newFakeNode(), "127.0.0.1:0")
	answered, hanging := asleep("", ""), asleep("", "hold")
	answered.Timeout, hanging.Timeout, hanging.Lane = 0, 0, "silent"
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin:     conformance.Plugin{Dir: ".", Config: offline(t, address)},
		NewStream:  func() bearer.Stream { return New() },
		Deliveries: []push.Delivery{answered}, Hanging: []push.Delivery{hanging},
	})
}

// And for those that wake their terminal by a packet, which nobody answers.
func TestConformanceWithPacket(t *testing.T) {
	_, wakePort := terminal(t, "127.0.0.1")
	file := written(t, "static.csv", "+358400000001,127.0.0.1")
	config := fmt.Sprintf(`static_file = %q
		wake_port = %d
		activation_wait = "700ms"
		node = [{ name = "foreign", source = "127.0.0.1", activation = "packet" }]`, file, wakePort)
	d := with(plmn("358400000001"), nil)
	d.Timeout = 0
	conformance.Bearer(t, conformance.BearerSuite{
		Plugin:     conformance.Plugin{Dir: ".", Config: config},
		NewStream:  func() bearer.Stream { return New() },
		Deliveries: []push.Delivery{d}, Hanging: []push.Delivery{d},
	})
}
