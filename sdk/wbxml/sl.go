package wbxml

// SL is the service loading of WAP-168: an address for the terminal to load.
func SL() *DocumentType { return sl }

var sl = build(DocumentType{
	name:       "SL",
	publicID:   0x06,
	publicText: "-//WAPFORUM//DTD SL 1.0//EN",
	systemID:   "http://www.wapforum.org/DTD/sl.dtd",
	textType:   "text/vnd.wap.sl",
	binaryType: "application/vnd.wap.slc",

	root: "sl",
	elements: []elementRule{
		{name: "sl", attributes: []attributeRule{
			{name: "href", kind: kindURI, required: true},
			{name: "action", kind: kindEnum, values: []string{"execute-low", "execute-high", "cache"}},
		}},
	},

	tagPages: []map[string]byte{{"sl": 0x05}},
	attributePages: []attributePage{{
		starts: []attributeStart{
			{0x05, "action", "execute-low"},
			{0x06, "action", "execute-high"},
			{0x07, "action", "cache"},
			{0x08, "href", ""},
			{0x09, "href", "http://"},
			{0x0A, "href", "http://www."},
			{0x0B, "href", "https://"},
			{0x0C, "href", "https://www."},
		},
		values: domainValues(),
	}},
})
