package wbxml

import (
	"fmt"
	"slices"
	"strings"
)

// validate checks an element tree against the table and brings it into the form that is encoded: text and values without
// the white space around them. It stops at the first error.
func (t *DocumentType) validate(root *Element) error {
	if root.Name != t.root {
		return &EncodeError{Line: root.line, Element: root.Name, Reason: fmt.Sprintf("the root of %s is %s", t.name, t.root)}
	}
	return t.validateElement(root)
}

func (t *DocumentType) validateElement(e *Element) error {
	rule := t.ruleOf[e.Name]
	fail := func(attribute, format string, args ...any) error {
		return &EncodeError{Line: e.line, Element: e.Name, Attribute: attribute, Reason: fmt.Sprintf(format, args...)}
	}

	e.Text = strings.Trim(e.Text, xmlSpace)
	if e.Text != "" && !rule.text {
		return fail("", "has the text %s, but no text may stand here", quote(e.Text))
	}
	for i := range e.Attributes {
		a := &e.Attributes[i]
		known := rule.attribute(a.Name)
		if known == nil {
			return fail(a.Name, "%s has no such attribute here", t.name)
		}
		a.Value = normalSpace(a.Value)
		switch known.kind {
		case kindDate:
			if _, err := packDate(a.Value); err != nil {
				return fail(a.Name, "%v", err)
			}
		case kindEnum:
			if !slices.Contains(known.values, a.Value) {
				return fail(a.Name, "%s is none of %s", quote(a.Value), strings.Join(known.values, ", "))
			}
		}
	}
	for _, a := range rule.attributes {
		if a.required && e.Attribute(a.name) == "" {
			return fail(a.name, "is required")
		}
	}
	if rule.check != nil {
		if attribute, reason := rule.check(e); reason != "" {
			return fail(attribute, "%s", reason)
		}
	}
	return t.validateChildren(e, rule)
}

// validateChildren holds the children against rule.children, which is a sequence.
func (t *DocumentType) validateChildren(e *Element, rule *elementRule) error {
	next, count := 0, 0 // the place in the sequence, and how many stand there already
	missing := func(upTo int) error {
		for ; next < upTo; next, count = next+1, 0 {
			if c := rule.children[next]; c.required && count == 0 {
				return &EncodeError{Line: e.line, Element: e.Name, Reason: fmt.Sprintf("needs %s inside", c.name)}
			}
		}
		return nil
	}
	for _, child := range e.Children {
		fail := func(format string, args ...any) error {
			return &EncodeError{Line: child.line, Element: child.Name, Reason: fmt.Sprintf(format, args...)}
		}
		if t.ruleOf[child.Name] == nil {
			return fail("%s has no such element", t.name)
		}
		at := slices.IndexFunc(rule.children, func(c childRule) bool { return c.name == child.Name })
		switch {
		case at < 0:
			return fail("may not stand inside %s", e.Name)
		case at < next:
			return fail("stands after %s, but belongs before it", rule.children[next].name)
		case at == next && count > 0 && !rule.children[at].many:
			return fail("stands twice inside %s", e.Name)
		}
		if err := missing(at); err != nil {
			return err
		}
		count++
		if err := t.validateElement(child); err != nil {
			return err
		}
	}
	return missing(len(rule.children))
}

// normalSpace makes what an XML processor makes of white space in an attribute value (XML 1.0 §3.3.3), and trims it.
func normalSpace(value string) string {
	if strings.ContainsAny(value, "\t\r\n") {
		value = strings.NewReplacer("\r\n", " ", "\t", " ", "\r", " ", "\n", " ").Replace(value)
	}
	return strings.Trim(value, " ")
}
