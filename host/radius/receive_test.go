package radius

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
)

func TestDropped(t *testing.T) {
	good := func(t *testing.T) []byte { return request(t, 1, secret, all([]attribute{isStart}, alice())...) }
	for _, tt := range []struct {
		name string
		give func(t *testing.T) []byte
		want dropped
	}{
		{"wrong secret", func(t *testing.T) []byte { return request(t, 1, []byte("Secret"), isStart, nas) }, wrongAuthenticator},
		{"an octet changed", func(t *testing.T) []byte {
			b := good(t)
			b[len(b)-1] ^= 1
			return b
		}, wrongAuthenticator},
		{"a random authenticator", func(t *testing.T) []byte {
			b := good(t)
			copy(b[4:], "0123456789abcdef")
			return b
		}, wrongAuthenticator},
		{"an Access-Request", func(t *testing.T) []byte {
			b := good(t)
			b[0] = byte(radius.CodeAccessRequest)
			return b
		}, wrongCode},
		{"an Accounting-Response", func(*testing.T) []byte { return octets(t, vectorAnswer) }, wrongCode},
		{"19 octets", func(t *testing.T) []byte { return good(t)[:19] }, malformed},
		{"nothing", func(*testing.T) []byte { return nil }, malformed},
		{"cut", func(t *testing.T) []byte {
			b := good(t)
			return b[:len(b)-1]
		}, malformed},
		{"a length below 20", func(t *testing.T) []byte {
			b := good(t)
			b[2], b[3] = 0, 19
			return b
		}, malformed},
		{"longer than a packet may be", func(*testing.T) []byte {
			b := append([]byte{4, 1, 0x10, 0x01}, make([]byte, 4093)...)
			return b
		}, malformed},
		{"an attribute whose length is a lie, proven", func(t *testing.T) []byte { return sealed("\x2c\x10A1") }, malformed},
		{"an attribute of length 1, proven", func(t *testing.T) []byte { return sealed("\x2c\x01\x2c\x04A1") }, malformed},
		{"an attribute of one octet, proven", func(t *testing.T) []byte { return sealed("\x2c\x04A1\x2c") }, malformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log lines
			s := startServer(t, func(o *Options) {
				o.Log = hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info})
				o.Clients = []Client{{Sources: local, Secret: secret, GGSN: "ggsn-a"}}
			})
			s.client.send(tt.give(t))
			s.client.tell(status(9)) // this one is answered, and is the only one that is
			for why := unknownSource; why < droppedReasons; why++ {
				if got := s.counters.dropped[why].Load(); got != 0 && why != tt.want || got != 1 && why == tt.want {
					t.Errorf("%d messages dropped as %s", got, why)
				}
			}
			wantTold(t, s)
			const hint = "hint=\"do the secrets differ?\""
			text := log.String()
			if strings.Contains(text, hint) != (tt.want == wrongAuthenticator) || !strings.Contains(text, "ggsn=ggsn-a") {
				t.Errorf("logged:\n%s", text)
			}
			if text := strings.Replace(text, hint, "", 1); strings.Count(text, "\n") != 1 || !strings.Contains(text, "reason="+tt.want.String()) || strings.Contains(text, "35840") ||
				strings.Contains(strings.ToLower(text), "secret") {
				t.Errorf("logged:\n%s", text)
			}
		})
	}
}

// sealed is a request with these octets for attributes and a right authenticator.
func sealed(attributes string) []byte {
	b := append(make([]byte, 20), attributes...)
	b[0], b[1], b[3] = byte(radius.CodeAccountingRequest), 9, byte(len(b))
	copy(b[4:], requestAuthenticator(b, secret))
	return b
}

func TestUnknownSource(t *testing.T) {
	s := startServer(t, func(o *Options) {
		o.Clients = []Client{{Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Secret: secret}}
	})
	s.client.send(s.client.request(isStart))
	s.count("dropped", s.counters.dropped[unknownSource].Load, 1)
	if err := s.Reconfigure([]Client{{Sources: local, Secret: secret}}, nil); err != nil {
		t.Fatal(err)
	}
	s.client.tell(all([]attribute{isStart}, alice())...)
}

func TestTheLongestPrefixCounts(t *testing.T) {
	p := netip.MustParsePrefix
	c, err := newClients([]Client{
		{Sources: []netip.Prefix{p("10.0.0.0/8"), p("2001:db8::/32")}, Secret: secret, GGSN: "all"},
		{Sources: []netip.Prefix{p("10.1.2.3/32"), p("10.2.0.7/16")}, Secret: secret, GGSN: "one"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"10.1.2.3": "one", "10.1.2.4": "all", "10.2.9.9": "one", "::ffff:10.1.2.3": "one", "2001:db8::1%eth0": "all", "11.0.0.1": "", "2001:db9::1": "",
	} {
		got := ""
		if cl := c.of(netip.MustParseAddr(from)); cl != nil {
			got = cl.GGSN
		}
		if got != want {
			t.Errorf("%s is %q, want %q", from, got, want)
		}
	}
}

func TestClientsThatCanNotBe(t *testing.T) {
	for name, list := range map[string][]Client{
		"no source":   {{Secret: secret}},
		"no secret":   {{Sources: local}},
		"no prefix":   {{Sources: []netip.Prefix{{}}, Secret: secret}},
		"same source": {{Sources: local, Secret: secret}, {Sources: local, Secret: []byte("unsaid")}},
	} {
		if _, err := newClients(list); err == nil || strings.Contains(err.Error(), "unsaid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// RFC 2865 §3: octets outside the range of Length are padding, and not under the authenticator.
func TestPaddingIsIgnored(t *testing.T) {
	s := startServer(t, nil)
	b := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(append(bytes.Clone(b), "padding"...))
	s.client.expect(b)
}

// RFC 2865 §5.33: all of them, as they are, in their order. A proxy in front of us knows by them whose answer it is.
func TestProxyStateIsEchoed(t *testing.T) {
	s := startServer(t, nil)
	states := []string{"zwei", "", "\x00\xff\x00", "zwei", "1"}
	list := all([]attribute{isStart}, alice())
	for i, v := range states {
		list = append(list, raw(rfc2865.ProxyState_Type, v), raw(rfc2865.Class_Type, strings.Repeat("x", i)))
	}
	b := s.client.request(list...)
	s.client.send(b)
	p := s.client.expect(b)
	if len(p.Attributes) != len(states) {
		t.Fatalf("%d attributes", len(p.Attributes))
	}
	for i, a := range p.Attributes {
		if a.Type != rfc2865.ProxyState_Type || string(a.Attribute) != states[i] {
			t.Errorf("attribute %d is %d %q", i, a.Type, a.Attribute)
		}
	}
}

func TestOverload(t *testing.T) {
	s := startServer(t, func(o *Options) { o.MaxPending = 2 })
	s.directory.set(func(d *directory) { d.hold = true })
	var sent [][]byte
	for range 3 {
		b := s.client.request(all([]attribute{isStart}, alice())...)
		s.client.send(b)
		sent = append(sent, b)
	}
	s.count("dropped", s.counters.dropped[overload].Load, 1)
	s.directory.release(t, 2)
	s.client.expect(sent[0])
	s.client.expect(sent[1])
	s.client.send(sent[2]) // as its sender does
	s.directory.release(t, 1)
	s.client.expect(sent[2])
}
