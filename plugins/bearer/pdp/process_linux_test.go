package pdp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"golang.org/x/sys/unix"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// envChild makes the test binary the plugin.
const envChild = "PPGBOX_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	bearer.ServeStream(New())
}

// BenchmarkProcess is what a push costs the plugin as a process of its own, user and system time together: the stream of the gateway,
// the datagram and the kernel's work for it, which on the loopback has that of receiving it in it, and the result. Terminals have
// 5,000 addresses. "full" has as many on their way as the gateway gives, the others come at a rate.
func BenchmarkProcess(b *testing.B) {
	for _, rate := range []int{0, 20_000, 5_000, 1_000} {
		name := "full"
		if rate > 0 {
			name = fmt.Sprintf("%d per second", rate)
		}
		b.Run(name, func(b *testing.B) { benchmarkProcess(b, rate) })
	}
}

func benchmarkProcess(b *testing.B, rate int) {
	stream, events, pid := started(b, sink(b))
	d := push.Delivery{
		PushID: "4711@pi.example.net", Timeout: time.Minute,
		Message: push.Message{ContentType: "application/vnd.wap.sic", Body: make([]byte, 120), Headers: []push.Header{
			{Name: "X-Wap-Application-Id", Value: "x-wap-application:wml.ua"},
		}},
	}
	for i := range cap(events.slots) { // warm up: the socket is open and the tables have their sizes
		deliver(stream, events, d, i)
	}
	events.empty(b)
	start, before := time.Now(), cpu(b, pid)
	for i := 0; b.Loop(); i++ {
		if rate > 0 && i%10 == 0 { // a timer does not wake up in time for each
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		}
		deliver(stream, events, d, i)
	}
	events.empty(b)
	b.ReportMetric(float64((cpu(b, pid)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/push")
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "pushes/s")
}

func deliver(stream *pluginrpc.BearerStream, events *slots, d push.Delivery, i int) {
	events.slots <- struct{}{}
	at := netip.AddrFrom4([4]byte{127, 1, byte(i / 250 % 20), byte(1 + i%250)})
	d.ID, d.Lane = strconv.Itoa(i), "IPv4:"+at.String()
	session := push.Session{GGSN: "north", APN: "internet", Address: at, Generation: uint64(i)}
	d.Terminal = push.Subscriber{Address: push.Address{Type: push.IPv4, Value: at.String()}, Sessions: []push.Session{session}}
	d.Route = push.Route{Node: "ggsn1", APN: "internet", Session: &session}
	stream.Deliver(d)
}

// slots are what may be on its way at once.
type slots struct{ slots chan struct{} }

func (s *slots) Result(_ string, o push.Outcome) {
	if o.Kind != push.OutcomeAccepted {
		panic(fmt.Sprintf("%+v", o))
	}
	<-s.slots
}
func (*slots) Window(int, string)              {}
func (*slots) Closed(error)                    {}
func (*slots) Progress(string, uint64, []byte) {}
func (*slots) Event(push.Event)                {}

// empty waits until every delivery has its result.
func (s *slots) empty(b *testing.B) {
	for end := time.Now().Add(patience); len(s.slots) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%d deliveries have no result", len(s.slots))
		}
	}
}

// sink throws away what comes to a port of any loopback address.
func sink(b *testing.B) (port int) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	go func() {
		for buf := make([]byte, 2048); ; {
			if _, _, err := conn.ReadFromUDPAddrPort(buf); err != nil {
				return
			}
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// started runs the plugin as the gateway does, with its stream open.
func started(b *testing.B, port int) (*pluginrpc.BearerStream, *slots, int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{envChild + "=1", "GOMAXPROCS=1", "PLUGIN_UNIX_SOCKET_DIR=" + b.TempDir()}
	p := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: pluginrpc.Handshake(), VersionedPlugins: pluginrpc.ClientPlugins(), Cmd: cmd, SkipHostEnv: true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC}, GRPCDialOptions: pluginrpc.DialOptions(), Logger: hclog.NewNullLogger(),
	})
	b.Cleanup(p.Kill)
	conn, err := p.Client()
	if err != nil {
		b.Fatal(err)
	}
	raw, err := conn.Dispense(pluginrpc.Name)
	if err != nil {
		b.Fatal(err)
	}
	c, ctx := raw.(*pluginrpc.Client), context.Background()
	config := ports(port, `node = [{ name = "ggsn1", source = "127.0.0.2" }]`)
	if err := c.Configure(ctx, plugin.Config{Instance: "pdp", TOML: []byte(config)}); err != nil {
		b.Fatal(err)
	}
	events := &slots{slots: make(chan struct{}, defaultInFlight)}
	stream, err := c.OpenBearer(ctx, events)
	if err != nil {
		b.Fatal(err)
	}
	return stream, events, cmd.Process.Pid
}

// cpu is the user and system time of a process: its clock, whose id is made of the pid (Linux, clock_getcpuclockid(3)).
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	const sched = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
