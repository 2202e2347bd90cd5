package contexts

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var (
	sgsn  = netip.MustParseAddr("192.0.2.20")
	other = netip.MustParseAddr("192.0.2.21")
)

// number n makes a context that differs from all others.
func nth(n int) Context {
	return Context{
		IMSI: push.IMSI(fmt.Sprintf("24001%010d", n)), MSISDN: push.MSISDN(fmt.Sprintf("4670%07d", n)), NSAPI: 5, APN: "push.example",
		Address: address(0x0A2E0000 + uint32(n)), SGSN: Ends{Signalling: sgsn, User: sgsn, Control: gtp.TEID(2*n + 1), Data: gtp.TEID(2*n + 2)},
		ChargingID: uint32(n), RATType: 2, Notified: n%2 == 0, Created: time.Duration(n) * time.Second,
	}
}

// What goes in comes out, by every index.
func TestAdd(t *testing.T) {
	table := New(10)
	want := nth(4)
	got, err := table.Add(want)
	if err != nil || got.Control == 0 || got.Data == 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	want.Control, want.Data, want.Used = got.Control, got.Data, want.Created
	for name, find := range map[string]func() (Context, bool){
		"as it was added": func() (Context, bool) { return got, true },
		"control TEID":    func() (Context, bool) { return table.ByControl(got.Control) },
		"IMSI":            func() (Context, bool) { return table.ByIMSI(want.IMSI) },
		"address":         func() (Context, bool) { return table.ByAddress(want.Address) },
		"tunnel":          func() (Context, bool) { return table.ByTunnel(sgsn, want.SGSN.Data) },
		"list":            func() (Context, bool) { return table.First(9)[0], true },
	} {
		if c, ok := find(); !ok || c != want {
			t.Errorf("by %s it is %+v, want %+v", name, c, want)
		}
	}
	for name, find := range map[string]func() (Context, bool){
		"another TEID":         func() (Context, bool) { return table.ByControl(got.Control ^ 1) },
		"TEID 0":               func() (Context, bool) { return table.ByControl(0) },
		"another IMSI":         func() (Context, bool) { return table.ByIMSI("240010000000005") },
		"no IMSI":              func() (Context, bool) { return table.ByIMSI("") },
		"another address":      func() (Context, bool) { return table.ByAddress(address(0x0A2E0005)) },
		"an address of IPv6":   func() (Context, bool) { return table.ByAddress(netip.IPv6Loopback()) },
		"another SGSN's":       func() (Context, bool) { return table.ByTunnel(other, want.SGSN.Data) },
		"another tunnel of it": func() (Context, bool) { return table.ByTunnel(sgsn, want.SGSN.Control) },
	} {
		if c, ok := find(); ok {
			t.Errorf("by %s it is %+v", name, c)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	table := New(2)
	if _, err := table.Add(nth(1)); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name   string
		change func(*Context)
		want   error
	}{
		{"an IMSI that has one", func(c *Context) { c.IMSI = nth(1).IMSI }, ErrTaken},
		{"an address that is somebody's", func(c *Context) { c.Address = nth(1).Address }, ErrTaken},
		{"no IMSI", func(c *Context) { c.IMSI = "" }, ErrInvalid},
		{"letters", func(c *Context) { c.IMSI = "24001000000000x" }, ErrInvalid},
		{"no address", func(c *Context) { c.Address = netip.Addr{} }, ErrInvalid},
		{"IPv6", func(c *Context) { c.Address = netip.IPv6Loopback() }, ErrInvalid},
		{"one that is new", func(*Context) {}, nil},
		{"one more than may be", func(c *Context) { *c = nth(3) }, ErrFull},
	}
	for _, row := range rows {
		c := nth(2)
		row.change(&c)
		if _, err := table.Add(c); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}

func TestWayTo(t *testing.T) {
	table := New(10)
	a, _ := table.Add(nth(1))
	if _, err := table.Add(nth(2)); err != nil {
		t.Fatal(err)
	}
	unnamed := nth(3)
	unnamed.MSISDN = ""
	if _, err := table.Add(unnamed); err != nil {
		t.Fatal(err)
	}
	want := Way{Address: a.Address, User: sgsn, TEID: a.SGSN.Data, Control: a.Control, place: 0}
	rows := []struct {
		name   string
		imsi   push.IMSI
		msisdn push.MSISDN
		at     netip.Addr
		ok     bool
	}{
		{"IMSI", a.IMSI, "", netip.Addr{}, true},
		{"address", "", "", a.Address, true},
		{"both", a.IMSI, "", a.Address, true},
		{"number and address", "", a.MSISDN, a.Address, true},
		{"IMSI, whatever the number", a.IMSI, "1", netip.Addr{}, true},
		{"the address of another", nth(2).IMSI, "", a.Address, false},
		{"the number of another", "", nth(2).MSISDN, a.Address, false},
		{"nothing", "", "", netip.Addr{}, false},
		{"an IMSI that is none", "x", "", a.Address, false},
		{"an address of IPv6", a.IMSI, "", netip.IPv6Loopback(), false},
	}
	for _, row := range rows {
		way, ok := table.WayTo(row.imsi, row.msisdn, row.at)
		if ok != row.ok || ok && way != want {
			t.Errorf("%s: %+v, %t", row.name, way, ok)
		}
	}
	if way, ok := table.WayTo("", "46709999999", nth(3).Address); !ok || way.Address != nth(3).Address {
		t.Errorf("a context without a number: %+v, %t", way, ok)
	}
	if way, ok := table.WayOf(a.Control); !ok || way != want {
		t.Errorf("by TEID: %+v, %t", way, ok)
	}
}

func TestTraffic(t *testing.T) {
	table := New(10)
	c, _ := table.Add(nth(1))
	way, _ := table.WayOf(c.Control)
	table.Downlink(5*time.Second, Sent{way, 100})
	gone, _ := table.Add(nth(2))
	wayGone, _ := table.WayOf(gone.Control)
	table.Remove(gone.Control)
	next, _ := table.Add(nth(3)) // in the same slot
	table.Downlink(5*time.Second, Sent{wayGone, 100})
	if next, _ = table.ByControl(next.Control); next.Traffic != (Traffic{}) {
		t.Errorf("a packet of another context is counted: %+v", next.Traffic)
	}
	if a, ok := table.Uplink(c.Data, 1<<33, 9*time.Second); !ok || a != c.Address {
		t.Errorf("the packet is of %v, %t", a, ok)
	}
	for _, teid := range []gtp.TEID{0, c.Control, c.Data ^ 1} {
		if a, ok := table.Uplink(teid, 1, 0); ok {
			t.Errorf("TEID %x is of %v", teid, a)
		}
	}
	want := Traffic{UplinkOctets: 1 << 33, DownlinkOctets: 100, UplinkPackets: 1, DownlinkPackets: 1}
	if c, _ = table.ByControl(c.Control); c.Traffic != want || c.Used != 9*time.Second {
		t.Errorf("it is %+v, used at %s", c.Traffic, c.Used)
	}
}

func TestDue(t *testing.T) {
	table := New(10)
	c, _ := table.Add(nth(7)) // created at 7 s
	due := map[int]bool{17: true, 27: true, 37: true}
	for second := 1; second < 40; second++ {
		list := table.Due(10*time.Second, time.Duration(second-1)*time.Second, time.Duration(second)*time.Second)
		if (len(list) == 1 && list[0] == c.Control) != due[second] || len(list) > 1 {
			t.Errorf("at %d s due is %v", second, list)
		}
	}
	if list := table.Due(10*time.Second, 10*time.Second, 40*time.Second); len(list) != 1 { // once, when a look came late
		t.Errorf("after a pause due is %v", list)
	}
}

// The table is what a plain list of contexts is.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 6
		table := New(most)
		var list []Context
		at := func(t *rapid.T) int { return rapid.IntRange(0, len(list)-1).Draw(t, "at") }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				c := nth(rapid.IntRange(1, 9).Draw(t, "n"))
				c.SGSN.Data = gtp.TEID(rapid.IntRange(1, 4).Draw(t, "tunnel")) // SGSNs may say the same again
				added, err := table.Add(c)
				taken := false
				for _, have := range list {
					taken = taken || have.IMSI == c.IMSI
				}
				switch {
				case taken != errors.Is(err, ErrTaken), !taken && (len(list) == most) != errors.Is(err, ErrFull):
					t.Fatalf("%v with %d", err, len(list))
				case err == nil:
					list = append(list, added)
				}
			},
			"remove": func(t *rapid.T) {
				if len(list) == 0 {
					t.Skip()
				}
				i := at(t)
				if c, ok := table.Remove(list[i].Control); !ok || c != list[i] {
					t.Fatalf("removed %+v, want %+v", c, list[i])
				}
				if _, ok := table.Remove(list[i].Control); ok {
					t.Fatal("removed twice")
				}
				list = append(list[:i:i], list[i+1:]...)
			},
			"move": func(t *rapid.T) {
				if len(list) == 0 {
					t.Skip()
				}
				i := at(t)
				list[i].SGSN = Ends{
					Signalling: rapid.SampledFrom([]netip.Addr{sgsn, other}).Draw(t, "signalling"), User: rapid.SampledFrom([]netip.Addr{sgsn, other}).Draw(t, "user"),
					Control: 99, Data: gtp.TEID(rapid.IntRange(1, 4).Draw(t, "tunnel")),
				}
				if c, ok := table.Move(list[i].Control, list[i].SGSN, 0); !ok || c != list[i] {
					t.Fatalf("moved to %+v, want %+v", c, list[i])
				}
			},
			"": func(t *rapid.T) {
				if table.Len() != len(list) || len(table.All()) != len(list) || len(table.First(100)) != len(list) {
					t.Fatalf("%d contexts, want %d", table.Len(), len(list))
				}
				at := map[netip.Addr]int{}
				for _, want := range list {
					at[want.SGSN.Signalling]++
					if c, ok := table.ByIMSI(want.IMSI); !ok || c != want {
						t.Fatalf("%+v, want %+v", c, want)
					}
					if c, ok := table.ByAddress(want.Address); !ok || c != want {
						t.Fatalf("%+v, want %+v", c, want)
					}
					if c, ok := table.ByTunnel(want.SGSN.User, want.SGSN.Data); ok && (c.SGSN.User != want.SGSN.User || c.SGSN.Data != want.SGSN.Data) {
						t.Fatalf("the tunnel %v leads to %+v", want.SGSN, c)
					}
				}
				if len(table.Of(sgsn)) != at[sgsn] || len(table.Of(other)) != at[other] || len(table.SGSNs()) != len(at) {
					t.Fatalf("of the SGSNs there are %d and %d contexts, want %v", len(table.Of(sgsn)), len(table.Of(other)), at)
				}
				if n := len(table.nodes.byAddress); n > 2 {
					t.Fatalf("%d addresses are kept", n)
				}
			},
		})
	})
}

// Tunnel endpoint identifiers are all over the range: one that was never given out is not to be guessed.
func TestTEIDs(t *testing.T) {
	table := New(1000)
	var upper [16]int
	for i := range 1000 {
		c, err := table.Add(nth(i + 1))
		if err != nil {
			t.Fatal(err)
		}
		upper[c.Control>>28]++
		upper[c.Data>>28]++
		if c.Control == c.Data {
			t.Error("both planes have the same")
		}
	}
	for i, n := range upper {
		if n < 60 || n > 200 { // 125 on average; 6 sigma are 65
			t.Errorf("%d of 2000 begin with %x", n, i)
		}
	}
}

// BenchmarkMemory measures how many octets a context takes.
func BenchmarkMemory(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		table := New(n)
		for i := range n {
			if _, err := table.Add(nth(i)); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "octets/context")
		runtime.KeepAlive(table)
	}
}

func BenchmarkWayTo(b *testing.B) {
	const n = 100_000
	table := New(n)
	list := make([]Context, n)
	for i := range n {
		list[i], _ = table.Add(nth(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := table.WayTo(list[i*7919%n].IMSI, "", netip.Addr{}); !ok {
			b.Fatal("not found")
		}
	}
}
