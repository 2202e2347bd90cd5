// Package contexts is the table of the PDP contexts of a push GGSN.
//
// A context is data: a slot in one array, found by the tunnel endpoint identifiers that this node gave out, by IMSI, by the
// terminal's address, and by the SGSN's end of its user tunnel. It has no goroutine and no timer. A terminal has one context: what the
// node is for is reaching it, and two ways to it would be one too many. Tunnel endpoint identifiers are random, so that one that was
// never given out is not to be guessed, and never 0.
//
// 100,000 contexts take 17 MB, 174 octets each (BenchmarkMemory).
package contexts
