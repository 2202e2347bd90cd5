package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// Config is the configuration section of one plugin instance, as TOML text.
type Config struct {
	// Instance is the name the operator gave it: "sms" of [plugin.sms].
	Instance string
	// TOML is the text of [plugin.NAME.config], with keys relative to it.
	TOML []byte
}

// Decode reads the section into v, a pointer to a struct with toml tags that already holds the defaults. Syntax errors,
// wrong types and unknown keys come back as Problems.
func (c Config) Decode(v any) error {
	md, err := toml.Decode(string(c.TOML), v)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return Problems{{Key: pe.LastKey, Text: pe.Message}}
		}
		return Problems{{Text: strings.TrimPrefix(err.Error(), "toml: ")}}
	}
	var ps Problems
	for _, k := range md.Undecoded() {
		ps = append(ps, Problem{Key: k.String(), Text: "unknown key"})
	}
	return ps.Err()
}

// A Problem is one thing wrong with a configuration.
type Problem struct {
	// Key is the key it is about, relative to the plugin's section, with dots: "links.0.host". "" is the section itself.
	Key  string
	Text string
}

// Problems are all things wrong with a configuration. It is an error, so that Validate returns them in one piece.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Text
		if p.Key != "" {
			lines[i] = p.Key + ": " + p.Text
		}
	}
	return strings.Join(lines, "; ")
}

// Addf adds a problem with a formatted text.
func (ps *Problems) Addf(key, format string, args ...any) {
	*ps = append(*ps, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
}

// Err returns ps as an error, or nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
