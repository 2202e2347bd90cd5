// Package store keeps what the gateway promised: accepted pushes, what became of them, and the result notifications that are
// owed; and whom a push can be for: subscribers, and the sessions of their terminals. It says what is kept (the types), and what every implementation does (Store); implementations are in folders below.
//
// The unit of writing is a batch of events, and one writer commits for everybody who waits. What a host holds in memory can
// always be rebuilt by Load.
package store
