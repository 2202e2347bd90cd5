package config

import "strings"

// A path leads to a key: names of tables and keys, and indexes from "0" in lists.
type path []string

func (p path) String() string { return strings.Join(p, ".") }

// with returns p with more steps, in memory of its own.
func (p path) with(steps ...string) path {
	return append(append(make(path, 0, len(p)+len(steps)), p...), steps...)
}
