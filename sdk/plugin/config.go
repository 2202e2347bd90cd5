package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// Types of keys (Key.Type) that the gateway checks before the plugin sees its section. Other words are for the reader.
const (
	TypeString   = "string"
	TypeInteger  = "integer"
	TypeBoolean  = "boolean"
	TypeDuration = "duration" // a string that time.ParseDuration takes
	TypeFile     = "file"     // a string: a file that exists and can be read, relative to the configuration's folder; "" is none
	TypeStrings  = "list of strings"
	TypeTable    = "table"
	TypeTables   = "list of tables"
)

// Config is the configuration section of one plugin instance, as TOML text.
type Config struct {
	// Instance is the name the operator gave it: "sms" of [plugin.sms].
	Instance string
	// TOML is the text of [plugin.NAME.config], with keys relative to it.
	TOML []byte
}

// Decode reads the section into v, a pointer to a struct with toml tags that already holds the defaults, and returns what is
// wrong: syntax, a value of the wrong type, unknown keys. An author adds what else is wrong and returns Problems.Err, so that
// all problems are reported at once. After a value of the wrong type v is filled in part.
func (c Config) Decode(v any) Problems {
	md, err := toml.Decode(string(c.TOML), v)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return Problems{{Key: pe.LastKey, Text: pe.Message}}
		}
		return Problems{typeProblem(err)}
	}
	var ps Problems
	for _, k := range md.Undecoded() {
		ps = append(ps, Problem{Key: k.String(), Text: "unknown key"})
	}
	return ps
}

var lastKey = regexp.MustCompile(`^toml: (?:line \d+ )?\(last key ("(?:[^"\\]|\\.)*")\): `)

// typeProblem takes the key out of a type error, where the library gives it in the text only, and says it in our words.
func typeProblem(err error) Problem {
	text := err.Error()
	if m := lastKey.FindStringSubmatch(text); m != nil {
		if key, err := strconv.Unquote(m[1]); err == nil {
			return Problem{Key: key, Text: wantedType(text[len(m[0]):])}
		}
	}
	return Problem{Text: wantedType(strings.TrimPrefix(text, "toml: "))}
}

var twoTypes = regexp.MustCompile(`^incompatible types: TOML value has type (\S+); destination has type (.+)$`)

// wantedType makes "must be a string in quotes, not an integer" of the library's text about Go types.
func wantedType(text string) string {
	m := twoTypes.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	words := map[string]string{
		"string": "a string in quotes", "integer": "an integer", "float": "a number", "boolean": "true or false",
		"slice": "a list", "map": "a table",
		"int64": "an integer", "float64": "a number", "bool": "true or false", "time.Time": "a date",
	}
	want, got := words[m[2]], words[m[1]]
	switch {
	case m[1] == "string": // as a value it has its quotes
		got = "a string"
	case strings.HasPrefix(m[1], "map["):
		got = "a table"
	case strings.HasPrefix(m[1], "[]"):
		got = "a list"
	}
	if want == "" || got == "" {
		return text
	}
	return "must be " + want + ", not " + got
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
