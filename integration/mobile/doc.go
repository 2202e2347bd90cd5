// Package mobile is an MME with mobiles behind it on the SGs interface of an MSC (3GPP TS 29.118), for tests that want a real MSC and
// have no radio. A mobile takes short messages and does with each what the test says: it acknowledges, fails, or is not there.
//
// SGs needs SCTP. Here every message travels over TCP behind eight octets, its length and the payload protocol identifier, as the
// library sctp_over_tcp of package peers makes the MSC send them.
package mobile
