package wbxml

// SI is the service indication of WAP-167: a text and the address of what it speaks about.
func SI() *DocumentType { return si }

var si = build(DocumentType{
	name:       "SI",
	publicID:   0x05,
	publicText: "-//WAPFORUM//DTD SI 1.0//EN",
	systemID:   "http://www.wapforum.org/DTD/si.dtd",
	textType:   "text/vnd.wap.si",
	binaryType: "application/vnd.wap.sic",

	root: "si",
	elements: []elementRule{
		{name: "si", children: []childRule{{name: "indication", required: true}, {name: "info"}}},
		{name: "indication", text: true, check: checkIndication, attributes: []attributeRule{
			{name: "href", kind: kindURI},
			{name: "si-id", kind: kindURI},
			{name: "created", kind: kindDate},
			{name: "si-expires", kind: kindDate},
			{name: "action", kind: kindEnum, values: []string{"signal-none", "signal-low", "signal-medium", "signal-high", "delete"}},
		}},
		{name: "info", children: []childRule{{name: "item", required: true, many: true}}},
		{name: "item", text: true, attributes: []attributeRule{{name: "class", kind: kindText, required: true}}},
	},

	tagPages: []map[string]byte{{"si": 0x05, "indication": 0x06, "info": 0x07, "item": 0x08}},
	attributePages: []attributePage{{
		starts: []attributeStart{
			{0x05, "action", "signal-none"},
			{0x06, "action", "signal-low"},
			{0x07, "action", "signal-medium"},
			{0x08, "action", "signal-high"},
			{0x09, "action", "delete"},
			{0x0A, "created", ""},
			{0x0B, "href", ""},
			{0x0C, "href", "http://"},
			{0x0D, "href", "http://www."},
			{0x0E, "href", "https://"},
			{0x0F, "href", "https://www."},
			{0x10, "si-expires", ""},
			{0x11, "si-id", ""},
			{0x12, "class", ""},
		},
		values: domainValues(),
	}},
})

// checkIndication refuses only what no terminal could act upon: a deletion that does not say of what. An indication with
// neither href nor si-id still has a text to show, and one whose si-expires precedes created is the terminal's to drop;
// senders of both exist.
func checkIndication(e *Element) (attribute, reason string) {
	if e.Attribute("action") == "delete" && e.Attribute("si-id") == "" && e.Attribute("href") == "" {
		return "action", "a deletion needs si-id or href to say what is deleted"
	}
	return "", ""
}

// domainValues are the attribute value tokens that SI, SL and CO share.
func domainValues() []attributeValue {
	return []attributeValue{
		{token: 0x85, text: ".com/"},
		{token: 0x86, text: ".edu/"},
		{token: 0x87, text: ".net/"},
		{token: 0x88, text: ".org/"},
	}
}
