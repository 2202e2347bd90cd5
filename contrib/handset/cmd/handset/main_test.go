package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"--smpp", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--delay", "0s"}, w)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	// after returns what follows the words in the next line, which must have them.
	after := func(words string) string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("no line, want %q", words)
		}
		_, rest, ok := strings.Cut(lines.Text(), words)
		if !ok {
			t.Fatalf("got %q, want %q", lines.Text(), words)
		}
		return strings.TrimSpace(rest)
	}
	smsc := after("SMSC listens at ")
	terminal := strings.TrimSuffix(after("terminal listens at "), " (UDP)")

	conn, err := net.Dial("udp", terminal)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("\x01\x06\x01\x83Hello")); err != nil { // a push of text/plain
		t.Fatal(err)
	}
	if after("shows, from "+conn.LocalAddr().String()) != `: text "Hello"` {
		t.Error(lines.Text())
	}

	s, err := smpp.Dial(ctx, smsc, smpp.Bind{Mode: smpp.Transmitter, SystemID: "ppgbox"}, smpp.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	after("SMSC: ppgbox bound")
	if err := s.Unbind(ctx); err != nil {
		t.Error(err)
	}
	after("SMSC: ppgbox unbound")
	cancel()
	if lines.Scan() {
		t.Errorf("then came %q", lines.Text())
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"an unknown flag", []string{"--nonsense"}},
		{"a word that is no flag", []string{"--loss", "0", "loss"}},
		{"too much loss", []string{"--loss", "2"}},
		{"an area without a share", []string{"--area", "35840"}},
		{"known after nothing", []string{"--known-after", "0s"}},
		{"a memory that is no duration", []string{"--memory", "10s,always"}},
		{"an address that is taken", []string{"--smpp", taken.Addr().String(), "--udp", ""}},
		{"no address", []string{"--smpp", "", "--udp", "nowhere"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := run(t.Context(), tt.args, io.Discard); err == nil {
				t.Error("it ran")
			}
		})
	}
}

// As JSON, an event is a line; of several memories each shows what it has.
func TestJSON(t *testing.T) {
	address, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{
			"--smpp", address.Addr().String(), "--udp", "", "--json", "--delay", "1ms", "--area", "35840=1", "--area", "35850=0,20ms",
			"--known-after", "2ms,3ms", "--memory", "5m,forever",
		}, w)
		w.Close()
	}()
	var session *smpp.Session
	for session == nil {
		session, err = smpp.Dial(ctx, address.Addr().String(), smpp.Bind{Mode: smpp.Transmitter, SystemID: "ppgbox"}, smpp.ClientConfig{})
		if err != nil && ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []string{"358401", "358501"} {
		p := &smpp.SubmitSM{Destination: smpp.Address{Addr: to}, ESMClass: smpp.ModeTransaction, ShortMessage: []byte("Hello")}
		session.Call(ctx, p, 0)
	}
	lines := bufio.NewScanner(r)
	var got []string
	for len(got) < 5 && lines.Scan() {
		var e eventLine
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Time.IsZero() {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		got = append(got, strings.TrimSpace(fmt.Sprint(e.What, " ", e.To, " ", e.Memory, " ", e.Text)))
	}
	want := []string{"bound", "lost 358401", "arrived 358501", "shown 358501 5m0s Hello", "shown 358501 forever Hello"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	go func() { _ = session.Unbind(ctx) }()
	<-session.Done()
	cancel()
	for lines.Scan() {
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
