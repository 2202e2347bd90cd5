package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

func TestLoadDeclared(t *testing.T) {
	keys := []plugin.Key{
		{Name: "server.listen", Type: plugin.TypeString},
		{Name: "client[].name", Type: plugin.TypeString, Required: true, Doc: "who it is"},
		{Name: "client[].file", Type: plugin.TypeFile},
		{Name: "client[].window", Type: plugin.TypeInteger},
	}
	tests := []struct {
		name, text string
		want       []string // problems; none: it is right
	}{
		{"right", "[server]\nlisten = \"x\"\n[[client]]\nname = \"a\"\nfile = \"there\"\n", nil},
		{"no TOML", "[server]\nlisten = \n", []string{"f.toml:2: server.listen: "}},
		{
			"all that is wrong at once", "[server]\nlistn = \"x\"\n[[client]]\nname = \"bad\"\n[[client]]\nfile = \"nowhere\"\n",
			[]string{`f.toml:2: server.listn: unknown key (did you mean "listen"?)`, "f.toml:4: client.0.name: is bad", "f.toml:5: client.1.name: is required: who it is", "f.toml:6: client.1.file: stat"},
		},
		{"another type", "[[client]]\nname = \"bad\"\nwindow = \"1\"\n", []string{"f.toml:3: client.0.window: must be an integer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "f.toml")
			for name, text := range map[string]string{"f.toml": tt.text, "there": ""} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			err := LoadDeclared(file, keys, func(at string, c plugin.Config) error {
				if at != dir {
					t.Errorf("relative paths start at %s, want %s", at, dir)
				}
				var f struct {
					Server struct{ Listen string } `toml:"server"`
					Client []struct{ Name, File string }
				}
				problems := c.Decode(&f)
				for _, cl := range f.Client {
					if cl.Name == "bad" {
						problems.Addf("client.0.name", "is bad")
					}
				}
				return problems.Err()
			})
			var problems Problems
			if errors.As(err, &problems) != (tt.want != nil) || len(problems) != len(tt.want) {
				t.Fatalf("problems: %v", err)
			}
			for i, p := range problems {
				if got := strings.TrimPrefix(p.String(), dir+"/"); !strings.HasPrefix(got, tt.want[i]) {
					t.Errorf("says %q, want %q", got, tt.want[i])
				}
			}
		})
	}
	own := errors.New("something else")
	file := filepath.Join(t.TempDir(), "f.toml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := LoadDeclared(file, keys, func(string, plugin.Config) error { return own }); !errors.Is(err, own) {
		t.Errorf("another error became %v", err)
	}
	if err := LoadDeclared(file+"x", keys, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
}
