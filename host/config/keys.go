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
	kind     string // of its value: one of plugin.Type…, or words that only the plugin knows
	list     bool   // declared with "[]"
	required bool
	doc      string
	below    map[string]*keyNode
}

// typed returns the type of the key; one that was only mentioned by the keys below it is a table, or a list of them.
func (k *keyNode) typed() string {
	switch {
	case k.kind != "":
		return k.kind
	case k.list:
		return plugin.TypeTables
	case len(k.below) > 0:
		return plugin.TypeTable
	}
	return ""
}

// keyTree reads declared keys: "window", "tls.ca", "link[].address".
func keyTree(keys []plugin.Key) *keyNode {
	root := &keyNode{}
	for _, k := range keys {
		n := root
		for step := range strings.SplitSeq(k.Name, ".") {
			step, list := strings.CutSuffix(step, "[]")
			if n.below == nil {
				n.below = map[string]*keyNode{}
			}
			if n.below[step] == nil {
				n.below[step] = &keyNode{}
			}
			n = n.below[step]
			n.list = n.list || list
		}
		n.kind, n.required, n.doc = k.Type, k.Required, k.Doc
	}
	return root
}

// declared reports the keys of a table that the plugin did not declare, those that it requires and that are missing, values of
// another type than it declared, and files that are not there. It returns the table without the keys that were not declared,
// and whether all types are right: a plugin that can not read its section would only report what is not so.
func (r *reader) declared(at path, table map[string]any, keys *keyNode) (rest map[string]any, typed bool) {
	rest, typed = make(map[string]any, len(table)), true
	for name, value := range table {
		k := keys.below[name]
		if k == nil {
			r.problem(at.with(name), nearest(name, slices.Sorted(maps.Keys(keys.below))), "unknown key")
			continue
		}
		rest[name] = value
		if !r.fits(at.with(name), value, k) {
			typed = false
			continue
		}
		if text, ok := value.(string); ok && k.kind == plugin.TypeFile {
			r.readable(at.with(name), text, k)
		}
		if len(k.below) > 0 {
			below, ok := r.declaredBelow(at.with(name), value, k)
			rest[name], typed = below, typed && ok
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
	return rest, typed
}

// declaredBelow descends into a table or a list of tables.
func (r *reader) declaredBelow(at path, value any, keys *keyNode) (rest any, typed bool) {
	if m, ok := value.(map[string]any); ok {
		return r.declared(at, m, keys)
	}
	items, ok := listOf(value)
	if !ok {
		return value, true
	}
	list := make([]any, len(items))
	typed = true
	for i, item := range items {
		list[i] = item
		if m, ok := item.(map[string]any); ok {
			below, ok := r.declared(at.with(strconv.Itoa(i)), m, keys)
			list[i], typed = below, typed && ok
		}
	}
	return list, typed
}
