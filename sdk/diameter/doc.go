// Package diameter is a Diameter codec, a client peer on TCP, and the one question of the Sh interface that a push needs: which
// SGSN serves this subscriber?
//
// The codec ([Decode], [Message.Append], [ParseAVPs]) follows RFC 6733 §3 and §4: header, flags, vendors, padding and grouped AVPs
// to a limited depth. It refuses every length that does not fit in what surrounds it. Unknown AVPs are kept and ignored, unless
// their M bit says that the message means nothing without them (RFC 6733 §4.1); that is judged for what a message holds and, as
// §4.4 has it, for what is in the groups that were looked into.
//
// A [Peer] keeps one connection to one node: capabilities exchange (RFC 6733 §5.3), watchdog (RFC 6733 §5.5, RFC 3539 §3.4),
// disconnection from both sides (RFC 6733 §5.4), answers matched by hop-by-hop and end-to-end identifier (RFC 6733 §3), a limit of
// outstanding requests, and connecting again with growing pauses. An answer that comes late, twice or for nothing that was asked is
// dropped and counted ([Counters]). What it does not understand as a request it answers with an error (RFC 6733 §6.2).
//
// [Peer.UserData] sends a User-Data-Request (3GPP TS 29.329 §6.1.1, TS 29.328 §6.1.1) for the packet-switched location and reads the
// Sh-Data document of the answer (TS 29.328 annex C and D).
//
// Departures. A peer has no second peer to fail over to, so the state REOPEN of RFC 3539 §3.4.1, which keeps traffic away from a
// peer that came back until it answered three watchdogs, is left out, and requests that a suspect connection held end with
// [ErrLost] instead of being sent elsewhere with the T bit; asking for a location again is harmless. SCTP, TLS and the election of
// RFC 6733 §5.6.4 are absent: this side always connects. Redirects (Result-Code 3006) are handed to the caller as the error they are.
package diameter
