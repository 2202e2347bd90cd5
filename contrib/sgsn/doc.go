// Package sgsn is an SGSN and its terminals for tests and measurements of a GGSN: what no free SGSN does, it takes a PDU Notification
// Request and lets each terminal do what the test wants (3GPP TS 23.060 §9.2.2.2). It speaks GTP by sdk/gtp, and has beside the SGSN
// a home location register behind GTP (3GPP TS 29.060 §7.4) and the datagrams that a GGSN has to bear.
//
//	link.go          the socket between two nodes, with delay and loss
//	sgsn.go          the SGSN: starting, restarting, stopping
//	terminal.go      what a terminal does when the network asks it to activate a context
//	notification.go  PDU Notification Request, Reject Request
//	context.go       PDP contexts: Create, Update, Delete
//	user.go          GTP-U: what comes for a terminal, and what it says itself
//	packet.go        the IP packets in it
//	event.go         what happened, for whoever watches
//	hlr.go           the register
//	hostile.go       datagrams that nobody should send
package sgsn
