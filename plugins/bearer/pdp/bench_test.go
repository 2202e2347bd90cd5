package pdp

import (
	"strconv"
	"testing"
)

// BenchmarkPush is a push from Start to its result, over a socket to a terminal on the loopback that throws it away, with as many on
// their way as the gateway gives at once.
func BenchmarkPush(b *testing.B) {
	conn, port := terminal(b, "127.0.0.1")
	go func() {
		for buf := make([]byte, 2048); ; {
			if _, _, err := conn.ReadFromUDPAddrPort(buf); err != nil {
				return
			}
		}
	}()
	p, g := configured(b, ports(port, `listen_for_errors = "20ms"`), nil)
	const most = 5000
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i >= most {
			<-g.results
		}
		d := delivery(strconv.Itoa(i), "", "127.0.0.1")
		p.Start(d)
	}
	for p.Drain(b.Context()); len(g.results) > 0; {
		<-g.results
	}
}
