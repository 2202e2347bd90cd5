package config

import "strconv"

// lines knows on which line every key of a TOML text stands. BurntSushi/toml keeps positions only of errors.
type lines struct {
	root *node
}

// A node is a key: a value, a table (keys) or a list (items).
type node struct {
	line int
	// implied tables were only mentioned, by a header or dotted key below them.
	implied bool
	keys    map[string]*node
	items   []*node
	list    bool
}

// findLines scans a TOML text. What is no valid TOML gives lines that may be wrong or missing, and nothing worse.
func findLines(text []byte) *lines {
	s := &scanner{text: string(text), line: 1}
	root := &node{line: 1}
	s.document(root)
	return &lines{root: root}
}

// of returns the line of a key; where it is not in the text, that of the nearest table above it. A list may be stepped
// into without an index, as toml.MetaData does; the first item that has the key is meant.
func (l *lines) of(p path) int {
	n, _ := l.find(p)
	return n.line
}

// has tells whether a key is in the text.
func (l *lines) has(p path) bool {
	_, ok := l.find(p)
	return ok
}

// find returns the node at the end of p, or the last above it that exists and false.
func (l *lines) find(p path) (*node, bool) {
	n := l.root
	for i, step := range p {
		next := n.step(step)
		if next == nil && n.list && len(n.items) > 0 {
			best, ok := (*node)(nil), false
			for _, item := range n.items {
				if best, ok = (&lines{root: item}).find(p[i:]); ok {
					return best, true
				}
			}
			return n, false
		}
		if next == nil {
			return n, false
		}
		n = next
	}
	return n, true
}

func (n *node) step(name string) *node {
	if !n.list {
		return n.keys[name]
	}
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= len(n.items) {
		return nil
	}
	return n.items[i]
}

// child returns the key of a table and makes it if need be.
func (n *node) child(name string, line int) *node {
	c := n.keys[name]
	if c == nil {
		c = &node{line: line, implied: true}
		if n.keys == nil {
			n.keys = map[string]*node{}
		}
		n.keys[name] = c
	}
	return c
}

// last returns the newest item of a list of tables, and everything else as it is.
func (n *node) last() *node {
	if n.list && len(n.items) > 0 {
		return n.items[len(n.items)-1]
	}
	return n
}

// define follows a dotted key from a table to its end and gives it the line.
func (n *node) define(names []string, line int) *node {
	for _, name := range names {
		n = n.last().child(name, line)
	}
	if n.implied {
		n.line, n.implied = line, false
	}
	return n
}
