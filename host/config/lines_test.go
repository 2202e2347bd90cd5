package config

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"pgregory.net/rapid"
)

func TestLines(t *testing.T) {
	const text = "\ufeff# a comment with [header] and key = 1\r\n" + `top = 1 # = 2
"quoted key" = 'a # [x]'
"esc\u0061ped\t" = "\"=\\"
dotted . "key.with.dots".end = true

[table] # comment
a = """
b = 1
[no.header]
\""" """
b = '''
c = 1''''' # two quotes belong to the string
c = 1979-05-27 07:32:00
inline = { x = 1, y = { z = [1, 2] }, "q r" = "}" }
list = [ # comment ]
  1,
  [2,
   3], "]",
  { k = 1,
    l = 2 },
]
[table.below.deep]
k = 1
[table.below]
k = 2
[[array]]
k = 1
[array.sub]
k = 2
[[array.items]]
k = 3
[[array.items]]
k = 4
[ "array" ]
`
	tests := []struct {
		path string // with "/" between steps
		line int
	}{
		{"", 1},
		{"top", 2},
		{"quoted key", 3},
		{"escaped\t", 4},
		{"dotted", 5},
		{"dotted/key.with.dots", 5},
		{"dotted/key.with.dots/end", 5},
		{"table", 7},
		{"table/a", 8},
		{"table/b", 12},
		{"table/c", 14},
		{"table/inline", 15},
		{"table/inline/y/z/1", 15},
		{"table/inline/q r", 15},
		{"table/list", 16},
		{"table/list/0", 17},
		{"table/list/1", 18},
		{"table/list/1/1", 19},
		{"table/list/2", 19},
		{"table/list/3", 20},
		{"table/list/3/k", 20},
		{"table/list/3/l", 21},
		{"table/below", 25},
		{"table/below/k", 26},
		{"table/below/deep", 23},
		{"table/below/deep/k", 24},
		{"array", 27},
		{"array/0", 27},
		{"array/0/k", 28},
		{"array/0/sub", 29},
		{"array/0/sub/k", 30},
		{"array/0/items/0", 31},
		{"array/0/items/0/k", 32},
		{"array/0/items/1", 33},
		{"array/0/items/1/k", 34},

		{"array/sub/k", 30},          // without the index
		{"array/items/k", 32},        // the first that has it
		{"array/0/missing/more", 27}, // the nearest above it
		{"array/9/k", 27},
		{"top/below a value", 2},
		{"missing", 1},
	}
	lines := findLines([]byte(text))
	for _, tt := range tests {
		var p path
		if tt.path != "" {
			p = strings.Split(tt.path, "/")
		}
		if got := lines.of(p); got != tt.line {
			t.Errorf("%q is on line %d, want %d", tt.path, got, tt.line)
		}
	}
}

func TestSyntaxErrorLines(t *testing.T) {
	for text, want := range map[string]int{
		"a = 1\n[b\nc = 1":         2,
		"a = 1\nb = \nc = 1":       2,
		"a = 1\nb = \"x\nc = 1":    2,
		"a = 1\nb = 'x\nc = 1":     2,
		"a = 1\nb\nc = 1":          2,
		"a = 1\nb = 1 c = 1\nd =1": 2,
		"a = 1\nb = 08":            2,
		"a = 1\na = 2\n":           2,
		"\n\n[a]\n[a]\n":           4,
		"a = 1\nb = [1, 2":         2,
		"a = 1\nb = \"\\q\"\n":     2,
		"a = 1\nb\x00":             2,
		"]":                        1,
	} {
		_, err := Parse("x", []byte(text))
		ps, ok := err.(Problems) //nolint:errorlint // it is never wrapped
		if !ok || len(ps) != 1 {
			t.Errorf("%q: got %v", text, err)
			continue
		}
		if ps[0].Line != want {
			t.Errorf("%q: line %d, want %d: %s", text, ps[0].Line, want, ps[0].Text)
		}
	}
}

// every calls f for each path of a decoded document.
func every(v any, p path, f func(path)) {
	if len(p) > 0 {
		f(p)
	}
	if m, ok := v.(map[string]any); ok {
		for k, v := range m {
			every(v, p.with(k), f)
		}
	}
	if l, ok := listOf(v); ok {
		for i, v := range l {
			every(v, p.with(strconv.Itoa(i)), f)
		}
	}
}

// A writer makes up a document and remembers where it put each key.
type writer struct {
	*rapid.T
	b    strings.Builder
	line int
	want map[string]int // path with NUL between steps
	used map[string]bool
}

func (w *writer) put(s string) {
	w.b.WriteString(s)
	w.line += strings.Count(s, "\n")
}

func (w *writer) note(p path) {
	k := strings.Join(p, "\x00")
	if _, ok := w.want[k]; !ok {
		w.want[k] = w.line
	}
}

// key makes up a new name in a table, and the way to write it. Never the empty one: the TOML library loses what follows an
// inline table with it in a list (v1.6.0).
func (w *writer) key(table path) (name, written string) {
	for {
		name = rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_-]{1,4}`), rapid.StringMatching(`[a .=#"'\[\]{}é\\]{1,5}`)).Draw(w.T, "key")
		if k := strings.Join(table.with(name), "\x00"); !w.used[k] {
			w.used[k] = true
			break
		}
	}
	forms := []string{`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`}
	if !strings.ContainsFunc(name, func(r rune) bool { return r > 127 || !isBare(byte(r)) }) {
		forms = append(forms, name)
	}
	if !strings.Contains(name, "'") {
		forms = append(forms, "'"+name+"'")
	}
	return name, rapid.SampledFrom(forms).Draw(w.T, "form")
}

// gap is what may stand between tokens where a line may end.
func (w *writer) gap() {
	w.put(rapid.SampledFrom([]string{"", " ", "\t", "\n", "\r\n", " # ] } = [x] \"\n", "\n\n  "}).Draw(w.T, "gap"))
}

func (w *writer) value(p path, depth int) {
	kind := rapid.IntRange(0, 7).Draw(w.T, "kind")
	if depth > 3 {
		kind %= 6
	}
	switch kind {
	case 6:
		w.put("[")
		for i := range rapid.IntRange(0, 3).Draw(w.T, "items") {
			w.gap()
			item := p.with(strconv.Itoa(i))
			w.note(item)
			w.value(item, depth+1)
			w.gap()
			w.put(",")
		}
		w.gap()
		w.put("]")
	case 7:
		w.put("{")
		n := rapid.IntRange(0, 3).Draw(w.T, "keys")
		for i := range n {
			w.gap()
			w.assign(p, depth+1)
			w.gap()
			if i < n-1 {
				w.put(",")
			}
		}
		w.put("}")
	default:
		w.put([]string{"1", "-1.5e3", "1979-05-27 07:32:00", `"a # ] \" \\"`, "'# [x] = \"'", "\"\"\"\n[x]\r\na = 1\\\"\"\"\"\"\""}[kind])
	}
}

func (w *writer) assign(table path, depth int) {
	name, written := w.key(table)
	w.note(table.with(name))
	w.put(written + rapid.SampledFrom([]string{"=", " = ", "\t="}).Draw(w.T, "equals"))
	w.value(table.with(name), depth)
}

func TestLinesOfGeneratedDocuments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{T: t, line: 1, want: map[string]int{}, used: map[string]bool{}}
		for range rapid.IntRange(0, 3).Draw(t, "top keys") {
			w.gap()
			w.assign(nil, 0)
			w.put("\n")
		}
		for range rapid.IntRange(0, 4).Draw(t, "tables") {
			w.gap()
			w.put("\n")
			name, written := w.key(nil)
			tables, format := 1, "[ %s ]"
			if rapid.Bool().Draw(t, "list") {
				tables, format = rapid.IntRange(1, 3).Draw(t, "length"), "[[%s ]] # [["
			}
			for i := range tables {
				p := path{name}
				w.note(p)
				if strings.HasPrefix(format, "[[") {
					p = p.with(strconv.Itoa(i))
					w.note(p)
				}
				w.put(fmt.Sprintf(format, written) + "\n")
				for range rapid.IntRange(0, 3).Draw(t, "keys") {
					w.gap()
					w.assign(p, 0)
					w.put("\n")
				}
			}
		}
		text := w.b.String()
		raw := map[string]any{}
		if _, err := toml.Decode(text, &raw); err != nil {
			t.Fatalf("the test writes no TOML: %v\n%s", err, text)
		}
		lines := findLines([]byte(text))
		found := 0
		every(raw, nil, func(p path) {
			found++
			n, ok := lines.find(p)
			if want := w.want[strings.Join(p, "\x00")]; !ok || n.line != want {
				t.Fatalf("%q: found %v on line %d, want %d, in\n%s", p, ok, n.line, want, text)
			}
		})
		if found != len(w.want) {
			t.Fatalf("%d keys in the document, %d were written:\n%s", found, len(w.want), text)
		}
	})
}
