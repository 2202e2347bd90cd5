package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

var kinds = [...]string{string(plugin.KindEncoder), string(plugin.KindRouting), string(plugin.KindBearer)}

var (
	instanceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$`)
	pluginName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
)

// plugins reads [plugin.NAME], in the order of the file.
func (r *reader) plugins(all *table) []Plugin {
	var ps []Plugin
	for name, v := range all.values {
		if t, ok := r.table(all.path.with(name), v); ok {
			ps = append(ps, r.plugin(t, name))
		}
	}
	slices.SortFunc(ps, func(a, b Plugin) int {
		if d := r.lines.of(path{"plugin", a.Name}) - r.lines.of(path{"plugin", b.Name}); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return ps
}

func (r *reader) plugin(t *table, name string) Plugin {
	defer t.done()
	p := Plugin{Name: name, Use: t.required("use"), table: t.sub("config").values}
	if !instanceName.MatchString(name) || name == policy.EncoderAuto || name == policy.EncoderNone {
		t.problem(t.path, "", "%q can not name a plugin: letters, digits, - and _, not \"auto\" or \"none\"", name)
	}
	if kind, plain, _ := strings.Cut(p.Use, "/"); p.Use != "" {
		switch {
		case !slices.Contains(kinds[:], kind):
			suggestion := nearest(kind, kinds[:])
			if suggestion != "" && plain != "" {
				suggestion += "/" + plain
			}
			t.bad("use", suggestion, `must be kind/name with the kind %s, not %q`, alternatives(kinds[:]), p.Use)
		case !pluginName.MatchString(plain):
			t.bad("use", "", "must be kind/name like \"bearer/sms\", not %q", p.Use)
		}
	}
	text, err := encode(p.table)
	if err != nil {
		t.bad("config", "", "can not be handed to the plugin: %v", err)
	}
	p.TOML = text
	return p
}

// kind is the part of use before the slash.
func (p *Plugin) kind() plugin.Kind {
	kind, _, _ := strings.Cut(p.Use, "/")
	return plugin.Kind(kind)
}

// encode writes a table as TOML, keys sorted.
func encode(m map[string]any) ([]byte, error) {
	var b bytes.Buffer
	e := toml.NewEncoder(&b)
	e.Indent = ""
	err := e.Encode(m)
	return b.Bytes(), err
}
