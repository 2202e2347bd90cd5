// Package gateway decides on what Push Initiators ask: it takes a push or refuses it whole, keeps what it takes safe before it
// says so, and tells the state of what it took.
package gateway
