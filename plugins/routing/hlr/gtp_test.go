package hlr

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// locator is a double of a GSN that finds everybody at one SGSN, and knows the GGSN of every access point.
type locator struct{}

func (locator) HandleRequest(r *gtp.Request) {
	m, ok := r.Message.(*gtp.SendRouteingInfoRequest)
	if !ok {
		return
	}
	answer := &gtp.SendRouteingInfoResponse{
		Cause: gtp.CauseRequestAccepted, IMSI: m.IMSI, GSNAddress: netip.MustParseAddr("10.23.0.2"),
	}
	if e, found, err := gtp.FindAPNExtension(m.Private, 4711); found && err == nil {
		e.GGSN = netip.MustParseAddr("192.0.2.50")
		if p, err := e.Private(4711); err == nil {
			answer.Private = []gtp.PrivateExtension{p}
		}
	}
	_ = r.Answer(0, answer)
}

// locked is a log that a test may read while it is written.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestGTP asks with the real backend: every key of its table reaches it, and what the GSN says of itself reaches the log.
func TestGTP(t *testing.T) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	path := gtp.NewPath(socket, gtp.Config{Handler: locator{}})
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = path.Serve()
	}()
	stop := func() {
		_ = path.Close()
		<-served
	}
	t.Cleanup(stop)
	const table = `backend = "gtp"
remember = "0s"
sgsn = [{ sgsn = "10.23.0.0/24", node = "ggsn2" }]
ggsn = [{ ggsn = "192.0.2.50", node = "ggsn1" }]
gtp = { address = %q, local = "127.0.0.1:0", t3_response = "20ms", n3_requests = 2, extension = 4711, with_apn = %q }
`
	ask := func(p *Plugin) (push.Route, error) {
		return p.Route(t.Context(), asking(push.Subscriber{IMSI: "240010000000001"}))
	}
	configured := func(apn string) (*Plugin, *locked) {
		p := New()
		if err := p.Configure(t.Context(), plugin.Config{TOML: fmt.Appendf(nil, table, socket.LocalAddr(), apn)}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.backend.(interface{ Close() }).Close)
		log := new(locked)
		p.log = hclog.New(&hclog.LoggerOptions{Output: log})
		return p, log
	}
	plain, _ := configured("")
	if got, err := ask(plain); err != nil || got.Node != "ggsn2" {
		t.Errorf("without an access point: %+v, %v", got, err)
	}
	named, _ := configured("push.example")
	if got, err := ask(named); err != nil || got.Node != "ggsn1" || got.APN != "push.example" {
		t.Errorf("with an access point: %+v, %v", got, err)
	}
	stop()
	if got, err := ask(named); err == nil || !push.AsError(err).Temporary {
		t.Errorf("a GSN that has gone: %+v, %v", got, err)
	}
	silent, log := configured("push.example")
	if got, err := ask(silent); err == nil {
		t.Errorf("a GSN that is not there: %+v", got)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(log.String(), "does not answer Echo"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log has no line about a silent GSN: %s", log)
		}
	}
}
