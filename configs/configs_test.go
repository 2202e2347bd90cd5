package configs_test

import (
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/policy"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	if name == "demo.toml.tmpl" {
		text, err := configs.Demo(configs.DemoAddresses{
			PAP: "127.0.0.1:18080", Admin: "127.0.0.1:18081", Client: "127.0.0.1:18090", SMSC: "127.0.0.1:12775", Node: "127.0.0.1:18084", TerminalPort: 12948,
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	text, err := configs.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryFileParses(t *testing.T) {
	names, err := fs.Glob(configs.Files, "*")
	if err != nil || len(names) < 3 {
		t.Fatalf("found %q, %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			c, err := config.Parse(name, read(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Initiators) == 0 || len(c.Policies) == 0 || len(c.Plugins) == 0 {
				t.Errorf("nobody may push, or nothing can be sent: %+v", c)
			}
			if w := c.Warnings(); len(w) > 0 {
				t.Error(w)
			}
		})
	}
}

func TestDemoUsesItsAddresses(t *testing.T) {
	c, err := config.Parse("demo.toml", read(t, "demo.toml.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (config.Listen{PAP: "127.0.0.1:18080", Admin: "127.0.0.1:18081", Client: "127.0.0.1:18090"}); c.Listen != want {
		t.Errorf("listens at %+v, want %+v", c.Listen, want)
	}
	for _, p := range c.Plugins {
		if want := map[string]string{"sms": `"127.0.0.1:12775"`, "pdp": "terminal_port = 12948"}[p.Name]; !strings.Contains(string(p.TOML), want) {
			t.Errorf("%s has no %s:\n%s", p.Name, want, p.TOML)
		}
	}
}

// The first configuration that the README shows is a file here, which it says to copy.
func TestReadmeShowsFirstConfiguration(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "\n```toml\n")
	shown, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed || strings.Contains(rest, "\n```toml\n") {
		t.Fatal("the README has not one block of TOML")
	}
	if text := string(read(t, "sms-only.toml")); shown == "" || !strings.HasSuffix(text, "\n\n"+shown) {
		t.Errorf("the README shows\n%s\nand sms-only.toml is\n%s", shown, text)
	}
}

// What gateway.toml shows as a default is the default.
func TestGatewayShowsDefaults(t *testing.T) {
	shown, err := config.Parse("gateway.toml", read(t, "gateway.toml"))
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := config.Parse("gateway.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	shown.Gateway.Name = defaults.Gateway.Name // marked as an example
	for _, pair := range [][2]any{
		{shown.Gateway, defaults.Gateway}, {shown.Listen, defaults.Listen}, {shown.Limits, defaults.Limits}, {shown.Notify, defaults.Notify},
	} {
		if pair[0] != pair[1] {
			t.Errorf("shows %+v, the defaults are %+v", pair[0], pair[1])
		}
	}
}

// What push-server.toml shows of [subscribers] as a default is the default.
func TestPushServerShowsDefaults(t *testing.T) {
	shown, err := config.Parse("push-server.toml", read(t, "push-server.toml"))
	if err != nil {
		t.Fatal(err)
	}
	defaults, err := config.Parse("push-server.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	shown.Subscribers.PushDomains = nil // marked as an example
	if !reflect.DeepEqual(shown.Subscribers, defaults.Subscribers) {
		t.Errorf("shows %+v, the defaults are %+v", shown.Subscribers, defaults.Subscribers)
	}
}

// Every field that a configuration fills has its key in gateway.toml, or in push-server.toml where it is about that.
func TestFilesAreComplete(t *testing.T) {
	for name, sections := range map[string][]any{
		"gateway.toml": {
			config.Gateway{}, config.Listen{}, config.Initiator{}, config.Limits{}, config.Notify{}, policy.Match{}, policy.Attempt{}, policy.Retry{},
		},
		"push-server.toml": {config.Subscribers{}, config.Client{}, config.Relay{}, config.RADIUSClient{}, config.RADIUSForward{}},
	} {
		text := string(read(t, name))
		for _, v := range sections {
			for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
				if f.Name == "PasswordHash" || f.Name == "Secret" {
					continue // read from a file
				}
				key := snake(f.Name)
				if key == "prove_any" {
					key = "prove"
				}
				if !regexp.MustCompile(`(?m)(^|[#{,] *)` + key + ` *= *`).MatchString(text) {
					t.Errorf("%T.%s: no key %s in %s", v, f.Name, key, name)
				}
			}
		}
	}
}

// snake writes a field's name as its key: "PluginDir" is "plugin_dir", "PAP" is "pap", "PAPKey" is "pap_key".
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(rune(name[i-1])) || i+1 < len(name) && unicode.IsLower(rune(name[i+1])))
		if begins {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
