// Package browser is the part of a handset that loads what an indication speaks of: it asks a WAP gateway for an address by the
// connectionless Wireless Session Protocol and puts what comes on a screen of text.
//
// It knows WML, as text and as the gateway compiles it (WMLC), HTML as far as words and lines go, and plain text. Like the rest of the
// handset it is a stand-in: no scripts, no forms, no cache, one card.
//
// Specifications: WAP-230-WSP-20010705-a, WAP-192-WBXML-20010725-a, WAP-191-WML-20000219-a.
package browser
