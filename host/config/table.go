package config

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A reader turns the raw TOML into a Config and notes every problem on the way.
type reader struct {
	file, dir string
	lines     *lines
	problems  Problems
	named     map[string]bool // keys that have a problem
}

// problem notes what is wrong at a path. Only the first problem of a key is kept: what follows from it would be noise.
func (r *reader) problem(p path, suggestion, format string, args ...any) {
	if !r.named[p.String()] {
		r.add(p, suggestion, fmt.Sprintf(format, args...))
	}
}

// add notes a problem beside others of the same key.
func (r *reader) add(p path, suggestion, text string) {
	key := p.String()
	if r.named == nil {
		r.named = map[string]bool{}
	}
	r.named[key] = true
	r.problems = append(r.problems, Problem{File: r.file, Line: r.lines.of(p), Key: key, Text: text, Suggestion: suggestion})
}

// resolve makes a path of the file system relative to the folder of the configuration file.
func (r *reader) resolve(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}

// A table is one TOML table while it is read. Each key that is asked for is known; done reports the others.
type table struct {
	*reader
	path   path
	values map[string]any
	asked  []string
}

func (r *reader) table(p path, v any) (*table, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		r.problem(p, "", "must be a table, not %s", kindOf(v))
	}
	return &table{reader: r, path: p, values: m}, ok
}

// get returns a value and notes that the key is known.
func (t *table) get(key string) (any, bool) {
	t.asked = append(t.asked, key)
	v, ok := t.values[key]
	return v, ok
}

// has tells whether the file gives the key.
func (t *table) has(key string) bool { _, ok := t.values[key]; return ok }

// bad notes a problem of one key of the table.
func (t *table) bad(key, suggestion, format string, args ...any) {
	t.problem(t.path.with(key), suggestion, format, args...)
}

// done reports the keys that nobody asked for.
func (t *table) done() {
	for key := range t.values {
		if !slices.Contains(t.asked, key) {
			t.bad(key, nearest(key, t.asked), "unknown key")
		}
	}
}

// sub returns a table below this one, empty if the file does not give it.
func (t *table) sub(key string) *table {
	v, ok := t.get(key)
	if !ok {
		v = map[string]any{}
	}
	s, _ := t.reader.table(t.path.with(key), v)
	return s
}

// tables returns a list of tables, none if anything else is in it: an index is the same in the file and in the Config.
func (t *table) tables(key string) []*table {
	v, ok := t.get(key)
	if !ok {
		return nil
	}
	items, ok := listOf(v)
	if !ok {
		t.bad(key, "", "must be a list of tables, written %s", header(t.path.with(key)))
		return nil
	}
	ts := make([]*table, len(items))
	for i, item := range items {
		if ts[i], ok = t.reader.table(t.path.with(key, strconv.Itoa(i)), item); !ok {
			return nil
		}
	}
	return ts
}

// header is how a list of tables is written: its path without indexes in double brackets.
func header(p path) string {
	var names []string
	for _, step := range p {
		if _, err := strconv.Atoi(step); err != nil {
			names = append(names, step)
		}
	}
	return "[[" + strings.Join(names, ".") + "]]"
}

// text returns a string, def if the file does not give it or gives something else.
func (t *table) text(key, def string) string {
	v, ok := t.get(key)
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		t.bad(key, "", "must be a string in quotes, not %s", kindOf(v))
		return def
	}
	return s
}

// required returns a string that must be there and not empty.
func (t *table) required(key string) string {
	s := t.text(key, "")
	if v, ok := t.values[key]; !ok || v == "" {
		t.bad(key, "", "is required")
	}
	return s
}

// oneOf returns a string out of a fixed set.
func (t *table) oneOf(key, def string, allowed ...string) string {
	s := t.text(key, def)
	if !slices.Contains(allowed, s) {
		t.bad(key, nearest(s, allowed), "must be %s, not %q", alternatives(allowed), s)
		return def
	}
	return s
}

// texts returns a list of strings; a single string is a list of one.
func (t *table) texts(key string) []string {
	v, ok := t.get(key)
	if !ok {
		return nil
	}
	if s, ok := v.(string); ok {
		v = []any{s}
	}
	items, ok := listOf(v)
	if !ok {
		t.bad(key, "", "must be a string or a list of strings, not %s", kindOf(v))
		return nil
	}
	if len(items) == 0 {
		t.bad(key, "", "is an empty list; leave the key out")
	}
	out := make([]string, 0, len(items))
	for i, item := range items {
		s, ok := item.(string)
		switch {
		case !ok:
			t.problem(t.item(key, i), "", "must be a string in quotes, not %s", kindOf(item))
		case s == "":
			t.problem(t.item(key, i), "", "is empty")
		case slices.Contains(out, s):
			t.problem(t.item(key, i), "", "%q is given twice", s)
		}
		out = append(out, s)
	}
	return out
}

// item is the path of one value of texts: the key itself where a single string was given.
func (t *table) item(key string, i int) path {
	if _, single := t.values[key].(string); single {
		return t.path.with(key)
	}
	return t.path.with(key, strconv.Itoa(i))
}

// duration reads "20s" or "5m", from lo to hi.
func (t *table) duration(key string, def, lo, hi time.Duration) time.Duration {
	v, ok := t.get(key)
	if !ok {
		return def
	}
	s, ok := v.(string)
	if !ok {
		t.bad(key, "", `must be a duration in quotes like "20s" or "5m", not %s`, kindOf(v))
		return def
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		t.bad(key, "", `must be a duration like "20s" or "5m", not %q`, s)
	case d < lo || d > hi:
		t.bad(key, "", "must be from %s to %s, not %s", short(lo), short(hi), s)
	default:
		return d
	}
	return def
}

// short writes a duration without its zero parts: "1h" for "1h0m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// flag reads true or false; false is the default.
func (t *table) flag(key string) bool {
	v, ok := t.get(key)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		t.bad(key, "", "must be true or false, not %s", kindOf(v))
	}
	return b
}

// number reads an integer from lo to hi.
func (t *table) number(key string, def, lo, hi int) int {
	v, ok := t.get(key)
	if !ok {
		return def
	}
	n, ok := v.(int64)
	switch {
	case !ok:
		t.bad(key, "", "must be an integer, not %s", kindOf(v))
	case n < int64(lo) || n > int64(hi):
		t.bad(key, "", "must be from %d to %d, not %d", lo, hi, n)
	default:
		return int(n)
	}
	return def
}

// size reads octets: an integer, or a string with a unit like "64KiB".
func (t *table) size(key string, def, lo, hi int64) int64 {
	v, ok := t.get(key)
	if !ok {
		return def
	}
	n, isInt := v.(int64)
	s, isText := v.(string)
	if isText {
		n, isInt = parseSize(s)
	}
	switch {
	case isText && !isInt:
		t.bad(key, "", `must be a size like "64KiB" or 65536, not %q`, s)
	case !isInt:
		t.bad(key, "", `must be a size like "64KiB" or 65536, not %s`, kindOf(v))
	case n < lo || n > hi:
		t.bad(key, "", "must be from %s to %s, not %v", sizeText(lo), sizeText(hi), v)
	default:
		return n
	}
	return def
}

var sizeUnits = [...]struct {
	name   string
	octets int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}}

func parseSize(s string) (int64, bool) {
	unit := int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			s, unit = strings.TrimSpace(rest), u.octets
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}

func sizeText(n int64) string {
	for _, u := range []int{2, 1, 0} {
		if o := sizeUnits[u].octets; n >= o && n%o == 0 {
			return strconv.FormatInt(n/o, 10) + sizeUnits[u].name
		}
	}
	return strconv.FormatInt(n, 10)
}

// listOf returns a TOML list in the one form that the decoder gives to lists of tables and to all others.
func listOf(v any) ([]any, bool) {
	switch l := v.(type) {
	case []any:
		return l, true
	case []map[string]any:
		items := make([]any, len(l))
		for i := range l {
			items[i] = l[i]
		}
		return items, true
	}
	return nil, false
}

// kindOf names a TOML value: a number or a boolean by itself, all else by its type, since a string may be a secret.
func kindOf(v any) string {
	switch v := v.(type) {
	case string:
		return "a string"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return "a date"
	case map[string]any:
		return "a table"
	}
	return "a list"
}

// alternatives writes `"a", "b" or "c"`.
func alternatives(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
