package conformance

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
)

// Plugin is what the suite has to know of a plugin of any kind.
type Plugin struct {
	// Dir is the folder with README.md and sample.toml, "." for that of the test.
	Dir string
	// Config is the configuration of the cases that run items, "" for sample.toml.
	Config string
	// Wrong are configurations that must be refused.
	Wrong []WrongConfig
	// Grace is how long past its limit an answer may come before it is missing, 0 for 2 s. What has to come within no limit of
	// its own, like the window of a bearer, may take five times as long.
	Grace time.Duration
}

func (p Plugin) grace() time.Duration {
	if p.Grace == 0 {
		return 2 * time.Second
	}
	return p.Grace
}

func (p Plugin) patience() time.Duration { return 5 * p.grace() }

// A WrongConfig is a configuration in TOML, and the keys that Validate must find fault with, all of them. Without keys it must
// only be refused: a wrong type or a syntax error hides what comes after it.
type WrongConfig struct {
	TOML string
	Keys []string
}

// A testCase is one rule of the contract.
type testCase struct {
	name string
	rule string // printed when the case fails
	run  func(testing.TB, *subject)
}

// maker makes an instance of the plugin under test: what its author wrote, and the same as the RPC server takes it.
type maker func() (author, served plugin.Plugin)

// subject is the plugin under test as the cases see it. Each case has one of its own.
type subject struct {
	Plugin
	kind plugin.Kind
	make maker
	last plugin.Plugin // what the author wrote, of the instance made last
	ends []func()
}

// suite runs the cases by name. Cases about files and configuration come before those that run items.
func suite(t testing.TB, p Plugin, kind plugin.Kind, make maker, cases ...[]testCase) {
	t.Helper()
	for _, group := range cases {
		for _, c := range group {
			run(t, c.name, func(t testing.TB) {
				t.Helper()
				defer func() {
					if t.Failed() {
						t.Logf("the rule of this case: %s", c.rule)
					}
				}()
				s := &subject{Plugin: p, kind: kind, make: make}
				defer s.close()
				c.run(t, s)
			})
		}
	}
}

// run is t.Run for whatever t is.
func run(t testing.TB, name string, f func(testing.TB)) {
	t.Helper()
	switch t := t.(type) {
	case *testing.T:
		t.Run(name, func(t *testing.T) { f(t) })
	case interface {
		Run(string, func(testing.TB)) bool
	}:
		t.Run(name, f)
	default:
		f(t)
	}
}

// new makes an instance of the plugin. One that can be closed is closed after the case: a plugin process needs nothing of the
// kind, but the suite has one process for all cases, and ports may be exclusive.
func (s *subject) new() plugin.Plugin {
	author, served := s.make()
	if c, ok := author.(io.Closer); ok {
		s.ends = append(s.ends, func() { _ = c.Close() })
	}
	s.last = author
	return served
}

func (s *subject) close() {
	for _, end := range slices.Backward(s.ends) {
		end()
	}
}

// serve runs a new instance behind RPC.
func (s *subject) serve(t testing.TB) *pluginrpc.Client {
	t.Helper()
	c, stop, err := pluginrpc.Loopback(s.new())
	if err != nil {
		t.Fatal(err)
	}
	s.ends = append(s.ends, stop)
	return c
}

// serveConfigured runs a new instance with the suite's configuration.
func (s *subject) serveConfigured(t testing.TB) *pluginrpc.Client {
	t.Helper()
	c := s.serve(t)
	if err := c.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	return c
}

// config is the configuration of the cases that run items.
func (s *subject) config(t testing.TB) plugin.Config {
	t.Helper()
	text := s.Config
	if text == "" {
		text = s.file(t, "sample.toml")
	}
	return configOf(text)
}

func configOf(text string) plugin.Config {
	return plugin.Config{Instance: "conformance", TOML: []byte(text)}
}

func (s *subject) file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}
