package hlr

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// A double is a backend that answers what a test wants.
type double struct {
	answer func(context.Context) (register.Location, error)

	mu    sync.Mutex
	asked []register.Question
	drops register.Drops
}

func (d *double) Name() string { return "double" }

func (d *double) Drops() register.Drops {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.drops
}

func (d *double) Query(ctx context.Context, q register.Question) (register.Location, error) {
	d.mu.Lock()
	d.asked = append(d.asked, q)
	d.mu.Unlock()
	return d.answer(ctx)
}

func (d *double) questions() []register.Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]register.Question(nil), d.asked...)
}

func at(sgsn string) func(context.Context) (register.Location, error) {
	return located(register.Location{Attached: true, SGSN: sgsn})
}

func located(l register.Location) func(context.Context) (register.Location, error) {
	return func(context.Context) (register.Location, error) { return l, nil }
}

func failing(kind error) func(context.Context) (register.Location, error) {
	return func(context.Context) (register.Location, error) {
		return register.Location{}, &register.Error{Backend: "double", Kind: kind}
	}
}

func silent(ctx context.Context) (register.Location, error) {
	<-ctx.Done()
	return register.Location{}, ctx.Err()
}

// The tables that a configuration must have for its backend.
const (
	osmohlr = "backend = \"osmohlr\"\nosmohlr = { address = \"127.0.0.1:4259\" }\n"
	sh      = "backend = \"sh\"\nsh = { address = \"127.0.0.1:3868\", origin_host = \"ppg.example.net\", origin_realm = \"example.net\", " +
		"destination_realm = \"ims.example.net\" }\n"
	gtpTable = "gtp = { address = \"192.0.2.30:2123\", with_apn = \"push.example\" }\n"
	overGTP  = "backend = \"gtp\"\n" + gtpTable
)

// configured is a strategy whose backend is the double, whatever the configuration says.
func configured(t *testing.T, toml string, d *double) *Plugin {
	t.Helper()
	p := New()
	p.open = func(config, func(string)) (backend, error) { return d, nil }
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(toml)}); err != nil {
		t.Fatal(err)
	}
	return p
}

func asking(of push.Subscriber) push.RouteRequest {
	return push.RouteRequest{PushID: "1", Subscriber: of}
}

// controlInterface is a double of OsmoHLR's that knows a few subscribers by the name of their variable, up to ".info". A question
// for "silent" is not answered. It returns its address.
func controlInterface(t testing.TB, known map[string]string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go answerControl(c, known)
		}
	}()
	return l.Addr().String()
}

func answerControl(c net.Conn, known map[string]string) {
	defer c.Close()
	for {
		var header [4]byte // length of what follows the third octet, protocol, extension
		if _, err := io.ReadFull(c, header[:]); err != nil {
			return
		}
		text := make([]byte, binary.BigEndian.Uint16(header[:])-1)
		if _, err := io.ReadFull(c, text); err != nil {
			return
		}
		var id, name string
		if _, err := fmt.Sscanf(string(text), "GET %s %s", &id, &name); err != nil {
			return
		}
		value, found := known[strings.TrimSuffix(name, ".info")]
		answer := fmt.Sprintf("ERROR %s No such subscriber.", id)
		switch {
		case value == "silent":
			continue
		case found:
			answer = fmt.Sprintf("GET_REPLY %s %s \n%s", id, name, value)
		}
		frame := append(binary.BigEndian.AppendUint16(nil, uint16(len(answer)+1)), header[2:]...)
		if _, err := c.Write(append(frame, answer...)); err != nil {
			return
		}
	}
}
