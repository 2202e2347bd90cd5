// Package node is the interface between the gateway and a push node: the first node of the packet domain, such as a push GGSN, that
// wakes a terminal without an address and sends it a push. It has the words of the interface (Push, Result, Cause, Event), a server
// for nodes, a client for bearers, and between them one gRPC stream for each gateway. README.md documents the stream for nodes of
// other makers.
package node
