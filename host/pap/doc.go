// Package pap is the gateway's side of the Push Access Protocol (WAP-164, WAP-247, OMA-TS-PAP 2.1 to 2.3): it reads and
// writes the documents, takes a push apart into control document and content, knows who may push, and answers over HTTP.
//
// A push comes in through [NewHandler]: the Push Initiator is authenticated ([Initiators]), the body is read within
// limits, [ReadSubmission] splits it, [Parse] reads the control document, [ParseAddress] each recipient, and the [Gateway]
// decides. Everything that can be said in PAP is answered with HTTP 202 and a PAP document.
//
// A Push Initiator proves who it is by HTTP basic credentials, by its address, by a DNS name in a client certificate, or by
// several of them. Whoever is unknown gets HTTP 401; a known one with the wrong address or certificate gets HTTP 403 and code
// 2001 in a PAP document. Both come before anything of the body is looked at.
//
// # What is forgiven
//
// Real senders are sloppy, and these things say clearly what is meant: a DOCTYPE with a misspelled public identifier, or
// none (read as PAP 2.0); 2.x attributes under a 1.0 DOCTYPE; xmlns, xml: and xsi: attributes; enumerated values and
// address keywords in any case; an address without its ppg specifier, with a slash before it, or with a raw "@" in a USER
// value; a number of 7 to 15 digits without "+" (read as international, unless it begins with 0); an unquoted boundary or
// type parameter, or no type parameter; LF line ends; a preamble or an epilogue; a control part without Content-Type;
// base64 without padding; a push application named in the headers of the POST instead of the content part.
//
// # What is refused
//
// What would have to be guessed: unknown elements and attributes (2000, with line, name and the nearest known name), a
// date that is not exactly YYYY-MM-DDThh:mm:ssZ (no fraction of a second and no other time zone), an attribute or a MIME
// header given twice, an address without TYPE, a content part without Content-Type, a multipart without its close
// delimiter, NUL octets, entities beyond the five of XML, and a charset other than UTF-8, US-ASCII and ISO-8859-1.
//
// A document that can not be read is answered with a badmessage-response; a message that was understood and is refused is
// answered with its own response, which carries its push-id.
package pap
