package activation

import (
	"net/netip"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/node"
)

// An address alone never leads to a terminal that the push contradicts, neither at once nor over a context that comes later.
func TestAddressOfSomebodyElse(t *testing.T) {
	named := netip.MustParseAddr("10.48.0.9")
	by := func(change func(*node.Push)) func(*node.Push) {
		return func(p *node.Push) {
			p.IMSI, p.MSISDN, p.Address = "", "46709999999", testStatic
			if change != nil {
				change(p)
			}
		}
	}
	rows := []struct {
		name   string
		up     bool // the context is there already
		change func(*node.Push)
		want   node.Cause // "" is sent
	}{
		{"another number", true, by(nil), node.AddressRefused},
		{"another number, and the context comes later", false, by(nil), node.AddressRefused},
		{"its number", true, by(func(p *node.Push) { p.MSISDN = "46701111111" }), ""},
		{"its number, and the context comes later", false, by(func(p *node.Push) { p.MSISDN = "46701111111" }), ""},
		{"no number", true, by(func(p *node.Push) { p.MSISDN = "" }), ""},
		{"its IMSI and another number", true, by(func(p *node.Push) { p.IMSI = testIMSI }), ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t)
			b.nodes.owners = map[netip.Addr]key{testStatic: keyOf(testIMSI, testAPN)}
			c := &tunnel{imsi: testIMSI, apn: testAPN, msisdn: "46701111111"}
			if row.up {
				b.nodes.add(c)
			}
			p := b.push("a", row.change)
			if !row.up {
				b.notified().answer(0x80)
				b.nodes.add(c)
				b.e.ContextUp(c)
			}
			if row.want == "" {
				b.sent(p)
				c.wants(t, "a")
			} else {
				b.failed(p, row.want)
				c.wants(t)
			}
			b.left()
		})
	}
	t.Run("it names an address of another subscriber", func(t *testing.T) {
		b := newBench(t)
		b.plan = Plan{Variant: Static}
		b.nodes.owners = map[netip.Addr]key{named: keyOf("001019999999999", testAPN)}
		b.failed(b.push("a", func(p *node.Push) { p.Address = named }), node.AddressRefused)
		b.quiet()
	})
}
