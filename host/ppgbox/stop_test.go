package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
)

const stopping = `[listen]
pap = "127.0.0.1:0"
admin = "127.0.0.1:0"
radius = "127.0.0.1:0"
[[initiator]]
name = "test"
source = ["127.0.0.0/8"]
[[radius.client]]
source = ["127.0.0.0/8"]
secret_file = "secrets/radius"
[radius.forward]
address = "127.0.0.1:%s"
secret_file = "secrets/radius"
timeout = "1m"
wait_for_answer = true
[plugin.wbxml]
use = "encoder/wbxml"
[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
terminal_port = %s
source_port = 0
listen_for_errors = "400ms"
[[policy]]
name = "push"
[[policy.attempt]]
bearer = "pdp"
`

// A gateway that stops waits for the RADIUS server behind it, which does not answer. Meanwhile it sends nothing more: nobody hears who
// has which address, and what would be on the air at the end of the time would be sent again.
func TestStopWhileRADIUSHangs(t *testing.T) {
	next, nextPort := packets(t)
	terminal, terminalPort := packets(t)
	dir := t.TempDir()
	write(t, dir, "secrets/radius", "testing123\n")
	g, err := open(t.Context(), write(t, dir, "ppgbox.toml", fmt.Sprintf(stopping, nextPort, terminalPort)), hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
		defer cancel()
		g.stop(ctx)
	})
	defer stop()

	ggsn, err := net.Dial("udp", g.pushServer.radius.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer ggsn.Close()
	p := radius.New(radius.CodeAccountingRequest, []byte("testing123"))
	for _, err := range []error{
		rfc2866.AcctStatusType_Set(p, rfc2866.AcctStatusType_Value_Start), rfc2866.AcctSessionID_SetString(p, "1"),
		rfc2865.FramedIPAddress_Set(p, net.IPv4(10, 0, 0, 1)), rfc2865.NASIdentifier_SetString(p, "ggsn"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	packet, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ggsn.Write(packet); err != nil {
		t.Fatal(err)
	}
	const pushes = 6 // to one terminal, so one after the other
	for i := range pushes {
		code, out, errOut := ppgbox(t, "", "push", "--url", g.papURL+"/wappush", "--to", "127.0.0.1", "--sl", "http://example.com/", "--push-id", strconv.Itoa(i))
		if code != exitOK {
			t.Fatalf("pushing: exit code %d: %s%s", code, out, errOut)
		}
	}
	receive(t, next, 10*time.Second)
	receive(t, terminal, 10*time.Second)

	stop()
	later := 0
	for receive(nil, terminal, time.Millisecond) {
		later++
	}
	if later == pushes-1 {
		t.Errorf("all of %d pushes left, most of them after the gateway was to stop", pushes)
	}
}

// packets opens a UDP port.
func packets(t *testing.T) (conn net.PacketConn, port string) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, port, err = net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return conn, port
}

// receive takes a packet and reports whether one came in time; without one it ends the test, unless that is nil.
func receive(t *testing.T, conn net.PacketConn, within time.Duration) bool {
	_ = conn.SetReadDeadline(time.Now().Add(within))
	_, _, err := conn.ReadFrom(make([]byte, 2048))
	if err != nil && t != nil {
		t.Helper()
		t.Fatal(err)
	}
	return err == nil
}
