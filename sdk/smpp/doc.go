// Package smpp is an SMPP 3.4 codec and session.
//
// The codec turns PDUs into plain structs and back: [Append] encodes, [Decode] decodes, [TLVs] keeps optional parameters in the order
// in which they were written. It is strict about bounds and refuses to send what does not fit; it forgives what real peers are known to
// leave out (see [Decode]).
//
// A [Session] is one bound link, and is the same type on both sides of it: [Dial] makes one for an ESME, [Accept] and [Serve] make one
// for an SMSC. It matches answers to requests, keeps a window, tells accepted, refused, unknown and never sent apart ([Outcome]), and
// says why it ended ([Session.Err]). It does not reconnect: whoever owns the links decides that.
package smpp
