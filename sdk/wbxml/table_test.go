package wbxml

import (
	"slices"
	"testing"
)

// The types below stand in for table files that do not exist yet. They show that a type is nothing but its table.

// co is the cache operation of WAP-175.
var co = build(DocumentType{
	name: "CO", publicID: 0x07, publicText: "-//WAPFORUM//DTD CO 1.0//EN", systemID: "http://www.wapforum.org/DTD/co_1.0.dtd",
	root: "co",
	elements: []elementRule{
		{name: "co", children: []childRule{{name: "invalidate-object", many: true}, {name: "invalidate-service", many: true}}},
		{name: "invalidate-object", attributes: []attributeRule{{name: "uri", kind: kindURI, required: true}}},
		{name: "invalidate-service", attributes: []attributeRule{{name: "uri", kind: kindURI, required: true}}},
	},
	tagPages: []map[string]byte{{"co": 0x05, "invalidate-object": 0x06, "invalidate-service": 0x07}},
	attributePages: []attributePage{{
		starts: []attributeStart{{0x05, "uri", ""}, {0x06, "uri", "http://"}, {0x07, "uri", "http://www."}},
		values: domainValues(),
	}},
})

// emn has value tokens whose text the sources disagree about.
var emn = build(DocumentType{
	name: "EMN", publicID: 0x0D, publicText: "-//WAPFORUM//DTD EMN 1.0//EN", systemID: "http://www.wapforum.org/DTD/emn.dtd",
	root: "emn",
	elements: []elementRule{{name: "emn", attributes: []attributeRule{
		{name: "mailbox", kind: kindURI, required: true},
		{name: "timestamp", kind: kindDate},
	}}},
	tagPages: []map[string]byte{{"emn": 0x05}},
	attributePages: []attributePage{{
		starts: []attributeStart{{0x05, "timestamp", ""}, {0x06, "mailbox", ""}, {0x07, "mailbox", "mailat:"}},
		values: []attributeValue{{0x85, ".com", true}},
	}},
})

// prov is a part of WAP-183, with its two code pages.
var prov = build(DocumentType{
	name: "PROV", publicID: 0x0B, publicText: "-//WAPFORUM//DTD PROV 1.0//EN", systemID: "http://www.wapforum.org/DTD/prov.dtd",
	root: "wap-provisioningdoc",
	elements: []elementRule{
		{name: "wap-provisioningdoc", children: []childRule{{name: "characteristic", many: true}}, attributes: []attributeRule{{name: "version"}}},
		{name: "characteristic", children: []childRule{{name: "parm", many: true}, {name: "characteristic", many: true}}, attributes: []attributeRule{{name: "type", required: true}}},
		{name: "parm", attributes: []attributeRule{{name: "name", required: true}, {name: "value"}}},
	},
	tagPages: []map[string]byte{
		{"wap-provisioningdoc": 0x05, "characteristic": 0x06, "parm": 0x07},
		{"characteristic": 0x06, "parm": 0x07},
	},
	attributePages: []attributePage{
		{
			starts: []attributeStart{
				{0x05, "name", ""},
				{0x06, "value", ""},
				{0x07, "name", "NAME"},
				{0x08, "name", "NAP-ADDRESS"},
				{0x09, "name", "NAP-ADDRTYPE"},
				{0x45, "version", ""},
				{0x46, "version", "1.0"},
				{0x50, "type", ""},
				{0x55, "type", "NAPDEF"},
			},
			values: []attributeValue{{token: 0x89, text: "APN"}},
		},
		{
			starts: []attributeStart{
				{0x05, "name", ""},
				{0x06, "value", ""},
				{0x07, "name", "NAME"},
				{0x36, "name", "APPID"},
				{0x50, "type", ""},
				{0x55, "type", "APPLICATION"},
			},
		},
	},
})

// The encoder relies on these of every table, so that it needs no error for them.
func TestTablesAreWhole(t *testing.T) {
	for _, dt := range append(Types(), co, emn, prov) {
		t.Run(dt.name, func(t *testing.T) {
			if dt.ruleOf[dt.root] == nil {
				t.Errorf("no rule for the root %s", dt.root)
			}
			for _, e := range dt.elements {
				if _, _, ok := dt.tag(e.name, 0); !ok {
					t.Errorf("element %s has no token", e.name)
				}
				for _, c := range e.children {
					if dt.ruleOf[c.name] == nil {
						t.Errorf("child %s of %s has no rule", c.name, e.name)
					}
				}
				for _, a := range e.attributes {
					for _, value := range append(a.values, "any") {
						if _, _, ok := dt.start(a.name, value, a.kind, 0); !ok && (a.kind != kindEnum || value != "any") {
							t.Errorf("attribute %s=%s has no start token", a.name, value)
						}
					}
				}
			}
			for i, page := range dt.tagPages {
				var seen []byte
				for name, token := range page {
					if token < 5 || token > tagMask || slices.Contains(seen, token) {
						t.Errorf("tag page %d: token %#x of %s is reserved or used twice", i, token, name)
					}
					seen = append(seen, token)
				}
			}
			for i, page := range dt.attributePages {
				var seen []byte
				for _, s := range page.starts {
					if s.token < 5 || s.token >= 0x80 || slices.Contains(seen, s.token) {
						t.Errorf("attribute page %d: start token %#x is reserved or used twice", i, s.token)
					}
					seen = append(seen, s.token)
				}
				for _, v := range page.values {
					if v.token < 0x85 || v.text == "" || slices.Contains(seen, v.token) {
						t.Errorf("attribute page %d: value token %#x is reserved, empty or used twice", i, v.token)
					}
					seen = append(seen, v.token)
				}
			}
		})
	}
}

func TestByTextType(t *testing.T) {
	if got := ByTextType("Text/vnd.wap.SL"); got != SL() {
		t.Errorf("text/vnd.wap.sl found %v", got)
	}
	if got := ByTextType("text/vnd.wap.wml"); got != nil {
		t.Errorf("text/vnd.wap.wml found %s", got.Name())
	}
}
