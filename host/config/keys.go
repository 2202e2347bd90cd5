package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// A keyNode is a key that a plugin declared, with the keys below it.
type keyNode struct {
	required bool
	doc      string
	below    map[string]*keyNode
}

// keyTree reads declared keys: "window", "tls.ca", "link[].address".
func keyTree(keys []plugin.Key) *keyNode {
	root := &keyNode{}
	for _, k := range keys {
		n := root
		for step := range strings.SplitSeq(k.Name, ".") {
			step = strings.TrimSuffix(step, "[]")
			if n.below == nil {
				n.below = map[string]*keyNode{}
			}
			if n.below[step] == nil {
				n.below[step] = &keyNode{}
			}
			n = n.below[step]
		}
		n.required, n.doc = k.Required, k.Doc
	}
	return root
}

// declared reports the keys of a table that the plugin did not declare, and those that it requires and that are missing. It
// returns the table without the former. Types are the plugin's to check.
func (r *reader) declared(at path, table map[string]any, keys *keyNode) map[string]any {
	rest := make(map[string]any, len(table))
	for name, value := range table {
		k := keys.below[name]
		if k == nil {
			r.problem(at.with(name), nearest(name, slices.Sorted(maps.Keys(keys.below))), "unknown key")
			continue
		}
		rest[name] = value
		if len(k.below) > 0 {
			rest[name] = r.declaredBelow(at.with(name), value, k)
		}
	}
	for name, k := range keys.below {
		if _, ok := table[name]; k.required && !ok {
			text := "is required"
			if k.doc != "" {
				text += ": " + k.doc
			}
			r.problem(at.with(name), "", "%s", text)
		}
	}
	return rest
}

// declaredBelow descends into a table or a list of tables.
func (r *reader) declaredBelow(at path, value any, keys *keyNode) any {
	if m, ok := value.(map[string]any); ok {
		return r.declared(at, m, keys)
	}
	items, ok := listOf(value)
	if !ok {
		return value
	}
	rest := make([]any, len(items))
	for i, item := range items {
		rest[i] = item
		if m, ok := item.(map[string]any); ok {
			rest[i] = r.declared(at.with(strconv.Itoa(i)), m, keys)
		}
	}
	return rest
}
