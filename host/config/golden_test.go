package config

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var update = flag.Bool("update", false, "write the listings in testdata anew")

// golden runs one function over every configuration in a folder of testdata, and compares its error with the listing beside
// it.
func golden(t *testing.T, folder string, run func(t *testing.T, name string, text []byte) error) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".toml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := "no problems\n"
			if err := run(t, name, text); err != nil {
				var ps Problems
				if !errors.As(err, &ps) {
					t.Fatalf("%T is no list of problems: %v", err, err)
				}
				got = err.Error() + "\n"
			}
			listing := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(listing, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(listing)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestParseListings(t *testing.T) {
	golden(t, "parse", func(_ *testing.T, name string, text []byte) error {
		_, err := Parse(name, text)
		return err
	})
}

func TestCheckListings(t *testing.T) {
	golden(t, "check", func(t *testing.T, name string, text []byte) error {
		c, err := Parse(name, text)
		if err != nil && name != "both.toml" {
			t.Fatalf("has to be free of problems without the plugins: %v", err)
		}
		return Check(t.Context(), c, fakes(), []string{"bearer/sms", "bearer/pdp", "routing/ipsegment"})
	})
}

// Nothing else is suggested for a plugin that is there and does not start.
func TestSuggestsOnlyForPluginsThatAreNotThere(t *testing.T) {
	known := []string{"bearer/sms"}
	for _, tt := range []struct {
		name, use, file, want string
	}{
		{"a misspelt name", "bearer/smss", "", "bearer/sms"},
		{"a bundled one", "bearer/sms", "", ""},
		{"one from the plugin directory", "bearer/smss", "ppgbox-bearer-smss", ""},
		{"another kind in the plugin directory", "bearer/smss", "ppgbox-routing-smss", "bearer/sms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.file != "" {
				if err := os.WriteFile(filepath.Join(dir, tt.file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Parse("x.toml", []byte("[gateway]\nplugin_dir = '"+dir+"'\n[plugin.sms]\nuse = '"+tt.use+"'\n"))
			if err != nil {
				t.Fatal(err)
			}
			var ps Problems
			if err := Check(t.Context(), c, fakePlugins{}, known); !errors.As(err, &ps) || len(ps) != 1 || ps[0].Suggestion != tt.want {
				t.Errorf("got %v, want one problem that suggests %q", err, tt.want)
			}
		})
	}
}

func TestWarningListings(t *testing.T) {
	golden(t, "warnings", func(t *testing.T, name string, text []byte) error {
		c, err := Parse(name, text)
		if err != nil {
			t.Fatalf("a warning is for what is no error: %v", err)
		}
		return c.Warnings().err()
	})
}

// fakePlugins are plugins that need no process.
type fakePlugins map[string]struct {
	info     plugin.Info
	validate func(plugin.Config) error
}

func (f fakePlugins) Describe(_ context.Context, use string) (plugin.Info, error) {
	p, ok := f[use]
	if !ok {
		return plugin.Info{}, errors.New("plugin " + use + " is not bundled")
	}
	return p.info, nil
}

func (f fakePlugins) Validate(_ context.Context, use string, c plugin.Config) error {
	if v := f[use].validate; v != nil {
		return v(c)
	}
	return nil
}

// smsConfig is what the fake bearer/sms takes; a key that is not in it makes Decode fail as in a real plugin.
type smsConfig struct {
	Source, Window string
	Link           []struct {
		Address string
		TLS     struct{ Enabled bool }
	}
}

func fakes() fakePlugins {
	sms := plugin.Info{
		Kind: plugin.KindBearer, Name: "sms", Confirms: true, AddressTypes: []push.AddressType{push.PLMN},
		Keys: []plugin.Key{
			{Name: "source", Required: true, Doc: "the sender"},
			{Name: "window"},
			{Name: "link[]", Required: true},
			{Name: "link[].address", Required: true, Doc: "host:port of the SMSC"},
			{Name: "link[].tls.enabled"},
		},
	}
	pdp := plugin.Info{
		Kind: plugin.KindBearer, Name: "pdp", AddressTypes: []push.AddressType{push.IPv4, push.IPv6},
		Keys: []plugin.Key{{Name: "node", Required: true}, {Name: "node[].name"}},
	}
	typed := plugin.Info{Kind: plugin.KindBearer, Keys: []plugin.Key{
		{Name: "source", Type: plugin.TypeString, Required: true},
		{Name: "password", Type: plugin.TypeString},
		{Name: "count", Type: plugin.TypeInteger},
		{Name: "on", Type: plugin.TypeBoolean},
		{Name: "window", Type: plugin.TypeDuration},
		{Name: "ca_file", Type: plugin.TypeFile},
		{Name: "names", Type: plugin.TypeStrings},
		{Name: "link", Type: plugin.TypeTables, Required: true},
		{Name: "link[].address", Type: plugin.TypeString, Required: true},
		{Name: "link[].tls.names", Type: plugin.TypeStrings},
		{Name: "pool", Type: plugin.TypeTable},
		{Name: "pool.size", Type: plugin.TypeInteger},
		{Name: "share", Type: "number from 0 to 1"},
	}}
	filed := plugin.Info{Kind: plugin.KindBearer, Keys: []plugin.Key{
		{Name: "ca_file", Type: plugin.TypeFile},
		{Name: "link[].password_file", Type: plugin.TypeFile, Doc: "file whose first line is the password"},
	}}
	return fakePlugins{
		"bearer/sms": {info: sms, validate: func(c plugin.Config) error {
			var v smsConfig
			if err := c.Decode(&v); err != nil {
				return err
			}
			var ps plugin.Problems
			if v.Source == "" {
				ps.Addf("source", "the host has said this already")
			}
			if v.Window == "soon" {
				ps.Addf("window", "must be a duration")
				ps.Addf("window", "must not be soon")
				ps.Addf("link.1", "is one too many")
				ps.Addf("", "is not to the plugin's taste in %s", c.Instance)
			}
			return ps.Err()
		}},
		"bearer/pdp":    {info: pdp},
		"bearer/typed":  {info: typed, validate: func(plugin.Config) error { return plugin.Problems{{Text: "was asked"}} }},
		"bearer/filed":  {info: filed, validate: func(plugin.Config) error { return plugin.Problems{{Key: "ca_file", Text: "was asked"}} }},
		"bearer/down":   {info: plugin.Info{Kind: plugin.KindBearer, Keys: []plugin.Key{{Name: "anything"}}}, validate: func(plugin.Config) error { return errors.New("plugin bearer/down died") }},
		"routing/liar":  {info: plugin.Info{Kind: plugin.KindBearer}},
		"encoder/wbxml": {info: plugin.Info{Kind: plugin.KindEncoder, Takes: []string{"text/vnd.wap.si", "text/vnd.wap.sl"}}},
		"encoder/si":    {info: plugin.Info{Kind: plugin.KindEncoder, Takes: []string{"text/vnd.wap.si"}}},
	}
}
