package plugin

import (
	"reflect"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	type config struct {
		Depth int `toml:"depth"`
		Link  []struct {
			Host string `toml:"host"`
		} `toml:"link"`
		Names []string `toml:"names"`
		On    bool     `toml:"on"`
	}
	rows := []struct {
		name, toml string
		keys       []string
		text       string
	}{
		{"good", "depth = 2\n[[link]]\nhost = \"a\"", nil, ""},
		{"nothing", "", nil, ""},
		{"unknown keys", "dept = 2\n[[link]]\nhosts = \"a\"", []string{"dept", "link.hosts"}, "unknown key"},
		{"wrong type", "depth = \"deep\"", []string{"depth"}, "must be an integer, not a string"},
		{"a table for an integer", "depth = { a = 1 }", []string{"depth"}, "must be an integer, not a table"},
		{"a string for a list", "names = \"a\"", []string{"names"}, "must be a list, not a string"},
		{"a date for a list", "names = 1979-05-27", []string{"names"}, "must be a list, not a date"},
		{"a list for a boolean", "on = [true]", []string{"on"}, "must be true or false, not a list"},
		{"wrong type in a table", "[[link]]\nhost = 4", []string{"link.host"}, "must be a string in quotes, not an integer"},
		{"syntax", "depth = = 2", []string{"depth"}, "expected value"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := config{Depth: 1}
			ps := Config{TOML: []byte(r.toml)}.Decode(&c)
			if (ps.Err() != nil) != (r.keys != nil) {
				t.Fatalf("got %v", ps)
			}
			var keys []string
			for _, p := range ps {
				keys = append(keys, p.Key)
				if !strings.Contains(p.Text, r.text) {
					t.Errorf("%s: %s, want %q", p.Key, p.Text, r.text)
				}
			}
			if !reflect.DeepEqual(keys, r.keys) {
				t.Errorf("problems about %q, want %q", keys, r.keys)
			}
		})
	}
}
