// Package wsp encodes and decodes the connectionless push of the Wireless Session Protocol: the PDU, its content type and
// its headers in the compact binary form.
//
// Headers come in and go out as names with readable values; which codes stand for them on the air is decided here.
// AirHeaders says which headers of a push may go over the air at all.
//
// Specifications: WAP-230-WSP-20010705-a (clauses are cited from it), WAP-235-PushOTA-20010425-a, WAP-251-PushMessage-20010322-a.
package wsp
