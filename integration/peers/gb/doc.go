// Package gb is one cell of a base station system with one mobile in it, as an SGSN sees them at the Gb interface: enough to attach, to
// activate a PDP context and to get packets. It does not cipher, does not retransmit, and sends no packets.
//
//	ns.go       NS over UDP (3GPP TS 48.016)
//	bssgp.go    BSSGP (3GPP TS 48.018)
//	llc.go      LLC, unacknowledged (3GPP TS 44.064)
//	mobile.go   mobility management and session management (3GPP TS 24.008)
//	sndcp.go    SNDCP, downwards (3GPP TS 44.065)
//
// Clauses are of the document that the file names.
package gb
