// Package ggsn is the push GGSN, "ppgbox ggsn": the first node of the packet domain for an access point that is there for pushes. It has
// PDP contexts with terminals (GTPv1, 3GPP TS 29.060; clauses without a document are of it), gives them addresses, sends pushes through
// their tunnels, and has terminals activate a context for a push where there is none (package activation).
//
// The way of a push: from a gateway (Push, push.go) to the context that is there (contexts), or to the engine (engine.go), which comes
// back when a context is → its IPv4 packets (packet) → GTP-U (userplane.go) → a while for complaints (listening.go) → its result.
//
// The way of a context: Create PDP Context Request (control.go, create.go) → an address (address) → the table (contexts) → its answer →
// accounting, the gateways and the engine hear of it (life.go) → Update, Delete (change.go), or whatever else ends it.
//
// Everything that SGSNs ask of contexts is done by one goroutine, the one that reads the socket of the control plane. The user plane has
// another, a TUN device a third. No context and no push has a goroutine or a timer of its own.
package ggsn
