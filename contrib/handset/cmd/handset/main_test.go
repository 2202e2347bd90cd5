package main

import (
	"bufio"
	"context"
	"io"
	"net"
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
