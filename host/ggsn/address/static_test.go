package address

import (
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestStatics(t *testing.T) {
	s, err := NewStatics([]Static{{"240010000000002", ip("10.47.0.9")}, {"001010000000001", ip("10.47.0.1")}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Read(strings.NewReader("# rows\n\n240010000000003,10.47.0.3\n 240010000000001 , 10.47.0.200 \n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[push.IMSI]string{
		"240010000000002": "10.47.0.9", "001010000000001": "10.47.0.1", "240010000000003": "10.47.0.3", "240010000000001": "10.47.0.200",
	}
	if s.Len() != len(want) {
		t.Errorf("%d rows", s.Len())
	}
	for imsi, a := range want {
		if got, ok := s.Of(imsi); !ok || got != ip(a) {
			t.Errorf("%s has %v, want %s", imsi, got, a)
		}
		if got, ok := s.Owner(ip(a)); !ok || got != imsi {
			t.Errorf("%s is of %q, want %s", a, got, imsi)
		}
	}
	for _, imsi := range []push.IMSI{"", "240010000000004", "1010000000001", "x"} {
		if a, ok := s.Of(imsi); ok {
			t.Errorf("%q has %v", imsi, a)
		}
	}
	for _, a := range []netip.Addr{{}, ip("10.47.0.2"), ip("::ffff:10.47.0.9"), ip("2001:db8::1")} {
		if imsi, ok := s.Owner(a); ok {
			t.Errorf("%v is of %s", a, imsi)
		}
	}
}

func TestStaticsRefuse(t *testing.T) {
	rows := []struct{ name, text, says string }{
		{"no address", "240010000000001", "line 1"},
		{"no IMSI", "# a\n,10.47.0.1", "line 2"},
		{"letters", "24001000000000x,10.47.0.1", "line 1: an IMSI"},
		{"too long", "2400100000000012,10.47.0.1", "line 1: an IMSI"},
		{"IPv6", "240010000000001,2001:db8::1", "line 1: 2001:db8::1"},
		{"loopback", "240010000000001,127.0.0.1", "line 1: 127.0.0.1"},
		{"an IMSI twice", "240010000000001,10.47.0.1\n240010000000001,10.47.0.2", "IMSI 240010000000001 has two addresses"},
		{"an address twice", "240010000000001,10.47.0.1\n240010000000002,10.47.0.1", "address 10.47.0.1 belongs to two IMSIs"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if err := new(Statics).Read(strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("it says %v, want %q", err, row.says)
			}
		})
	}
}

// BenchmarkStaticsMemory measures how many octets a static address takes.
func BenchmarkStaticsMemory(b *testing.B) {
	const n = 1_000_000
	rows := make([]Static, 0, n)
	for i := range n {
		rows = append(rows, Static{push.IMSI("24001" + strconv.Itoa(1_000_000_000+i)), addr(0x0A000000 + uint32(n-i))})
	}
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, err := NewStatics(rows)
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "octets/address")
		runtime.KeepAlive(s)
	}
	runtime.KeepAlive(rows)
}

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }
