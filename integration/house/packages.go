package house

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// longest is how many lines a file that people write may have.
const longest = 600

// nameless are the package names that do not say what the package holds.
var nameless = [...]string{"util", "utils", "common", "helper", "helpers", "misc"}

// names returns the packages, by clause or by folder, that are called by a name that says nothing.
func names(all []source) []string {
	var breaches []string
	for _, s := range all {
		for _, name := range nameless {
			if s.pkg == name || s.pkg == name+"_test" || slices.Contains(strings.Split(s.folder(), "/"), name) {
				breaches = append(breaches, fmt.Sprintf("%s: a package is named for what it holds, not %q", s.path, name))
			}
		}
	}
	return breaches
}

// comments returns the packages without a package comment. Generated packages need none.
func comments(all []source) []string {
	type key struct{ folder, pkg string }
	documented := map[key]bool{}
	var order []key
	for _, s := range all {
		if s.generated || strings.HasSuffix(s.pkg, "_test") {
			continue
		}
		k := key{s.folder(), s.pkg}
		if _, seen := documented[k]; !seen {
			order = append(order, k)
		}
		documented[k] = documented[k] || s.doc
	}
	var breaches []string
	for _, k := range order {
		if !documented[k] {
			breaches = append(breaches, fmt.Sprintf("package %s has no package comment", path.Join(k.folder, k.pkg)))
		}
	}
	return breaches
}

// lengths returns the files that people write and that are longer than one idea.
func lengths(all []source) []string {
	var breaches []string
	for _, s := range all {
		if !s.generated && s.lines > longest {
			breaches = append(breaches, fmt.Sprintf("%s has %d lines, more than %d: it is two files", s.path, s.lines, longest))
		}
	}
	return breaches
}
