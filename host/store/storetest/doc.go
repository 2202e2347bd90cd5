// Package storetest is the conformance suite of the store: every implementation runs it. Each case has the name of the rule
// that it proves; the rules are those of the comments in package store.
package storetest
