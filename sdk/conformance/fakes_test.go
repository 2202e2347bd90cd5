package conformance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// selfGrace is long enough for a busy machine.
const selfGrace = time.Second

// sound is a plugin without a fault, whose parts the tests replace by faulty ones.
type sound struct {
	info     func() plugin.Info
	validate func(plugin.Config) error
}

type soundConfig struct {
	Depth int    `toml:"depth"`
	Place string `toml:"place"`
	Link  []struct {
		Host string `toml:"host"`
		Port int    `toml:"port"`
	} `toml:"link"`
}

func soundInfo(k plugin.Kind) plugin.Info {
	i := plugin.Info{Kind: k, Name: "sound", Version: "1", Keys: []plugin.Key{
		{Name: "depth", Type: "integer", Default: "3", Doc: "How much."},
		{Name: "place", Type: "string", Doc: "Where."},
		{Name: "link", Type: "list of tables", Doc: "The links."},
		{Name: "link[].host", Type: "string", Required: true, Doc: "Its host."},
		{Name: "link[].port", Type: "integer", Default: "7", Doc: "Its port."},
	}}
	switch k {
	case plugin.KindEncoder:
		i.Takes, i.Makes, i.Inputs = []string{"text/x-words"}, []string{"application/x-upper"}, []push.Input{push.InputIMSI}
	case plugin.KindBearer:
		i.AddressTypes, i.Confirms = []push.AddressType{push.PLMN}, true
	}
	return i
}

func (s *sound) of(k plugin.Kind) *sound {
	if s.info == nil {
		s.info = func() plugin.Info { return soundInfo(k) }
	}
	if s.validate == nil {
		s.validate = soundValidate
	}
	return s
}

func (s *sound) Info() plugin.Info                                  { return s.info() }
func (s *sound) Validate(c plugin.Config) error                     { return s.validate(c) }
func (s *sound) Configure(_ context.Context, _ plugin.Config) error { return nil }

func soundValidate(c plugin.Config) error {
	var cfg soundConfig
	ps := c.Decode(&cfg)
	if cfg.Depth < 0 {
		ps.Addf("depth", "negative")
	}
	for i, l := range cfg.Link {
		if l.Host == "" {
			ps.Addf(fmt.Sprintf("link.%d.host", i), "missing")
		}
	}
	return ps.Err()
}

// about is what the suite is told of a sound plugin.
func about(k plugin.Kind) Plugin {
	return Plugin{
		Grace: selfGrace,
		Dir:   filepath.Join("testdata", string(k)),
		Wrong: []WrongConfig{{TOML: "depth = -1\n[[link]]\nport = 1\n", Keys: []string{"depth", "link.0.host"}}, {TOML: "depth = \"x\""}},
	}
}

// changed copies the documents of a kind with a change made to one of them.
func changed(t *testing.T, k plugin.Kind, file, from, to string) Plugin {
	t.Helper()
	p := about(k)
	dir := t.TempDir()
	for _, f := range []string{"README.md", "sample.toml"} {
		b, err := os.ReadFile(filepath.Join(p.Dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if f == file {
			if !bytes.Contains(b, []byte(from)) {
				t.Fatalf("%s has no %q", f, from)
			}
			b = []byte(strings.Replace(string(b), from, to, 1))
		}
		if err := os.WriteFile(filepath.Join(dir, f), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.Dir = dir
	return p
}
