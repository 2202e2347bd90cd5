package main

import (
	"bufio"
	"context"
	"io"
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
		done <- run(ctx, []string{"--smpp", "127.0.0.1:0", "--msc", "127.0.0.1:1", "--retry", "1s,2s"}, w)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	after := func(words string) string {
		t.Helper()
		for lines.Scan() {
			if _, rest, ok := strings.Cut(lines.Text(), words); ok {
				return rest
			}
		}
		t.Fatalf("no line with %q", words)
		return ""
	}
	s, err := smpp.Dial(ctx, after("SMSC listens at "), smpp.Bind{Mode: smpp.Transmitter, SystemID: "ppgbox"}, smpp.ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	after("SMSC: ppgbox bound")
	go func() { _ = s.Unbind(ctx) }()
	after("SMSC: ppgbox unbound")
	<-s.Done()
	cancel()
	for lines.Scan() { // that the MSC is not there
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRunRefuses(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown flag":        {"--nonsense"},
		"a word that is no flag": {"now"},
		"no validity":            {"--validity", "0s"},
		"no pause":               {"--retry", ""},
		"a pause of nothing":     {"--retry", "5m,0s"},
		"no address":             {"--smpp", "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(t.Context(), args, io.Discard); err == nil {
				t.Error("it ran")
			}
		})
	}
}
