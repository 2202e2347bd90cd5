package config

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// fits reports a value that is not of the type that a plugin declared for its key, and says whether it is. What the type is of a
// key that names none of plugin.Type… is for the plugin to say.
func (r *reader) fits(at path, value any, k *keyNode) bool {
	bad := func(format string, args ...any) bool {
		r.problem(at, "", format, args...)
		return false
	}
	text, isText := value.(string)
	switch k.typed() {
	case plugin.TypeString, plugin.TypeFile:
		if !isText {
			if strings.Contains(at[len(at)-1], "password") { // and forgot the quotes; problems of a reload are in the log
				return bad("must be a string in quotes")
			}
			return bad("must be a string in quotes, not %s", kindOf(value))
		}
	case plugin.TypeInteger:
		if _, ok := value.(int64); !ok {
			return bad("must be an integer, not %s", kindOf(value))
		}
	case plugin.TypeBoolean:
		if _, ok := value.(bool); !ok {
			return bad("must be true or false, not %s", kindOf(value))
		}
	case plugin.TypeDuration:
		if !isText {
			return bad(`must be a duration in quotes like "20s" or "5m", not %s`, kindOf(value))
		}
		if _, err := time.ParseDuration(text); err != nil {
			return bad(`must be a duration like "20s" or "5m", not %q`, text)
		}
	case plugin.TypeStrings:
		return r.allStrings(at, value)
	case plugin.TypeTable:
		if _, ok := value.(map[string]any); !ok {
			return bad("must be a table, not %s", kindOf(value))
		}
	case plugin.TypeTables:
		return r.allTables(at, value)
	}
	return true
}

func (r *reader) allStrings(at path, value any) bool {
	items, ok := listOf(value)
	if !ok {
		r.problem(at, "", `must be a list of strings like ["a", "b"], not %s`, kindOf(value))
		return false
	}
	for i, item := range items {
		if _, isText := item.(string); !isText {
			r.problem(at.with(strconv.Itoa(i)), "", "must be a string in quotes, not %s", kindOf(item))
			ok = false
		}
	}
	return ok
}

func (r *reader) allTables(at path, value any) bool {
	items, ok := listOf(value)
	if !ok {
		r.problem(at, "", "must be a list of tables, written %s or [{ … }], not %s", header(at), kindOf(value))
		return false
	}
	for i, item := range items {
		if _, isTable := item.(map[string]any); !isTable {
			r.problem(at.with(strconv.Itoa(i)), "", "must be a table, not %s", kindOf(item))
			ok = false
		}
	}
	return ok
}

// readable reports a named file that is not there or must not be read. Nothing is read, and what is no plain file (a pipe, for
// one) is not even opened.
func (r *reader) readable(at path, name string, k *keyNode) {
	if name == "" {
		return
	}
	file := r.resolve(name)
	st, err := os.Stat(file)
	if err == nil && st.Mode().IsRegular() {
		var f *os.File
		if f, err = os.Open(file); err == nil {
			_ = f.Close()
		}
	}
	switch {
	case err != nil:
		text := err.Error()
		if k.doc != "" {
			text += "; it is the " + k.doc
		}
		r.problem(at, "", "%s", text)
	case st.IsDir():
		r.problem(at, "", "%s is a folder and no file", file)
	}
}
