// Package policy chooses what happens to a push: which encoder, and which bearers over which routing strategies in which
// order. It does no I/O and knows plugins only by how they describe themselves.
package policy
