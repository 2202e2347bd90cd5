// Package smstx sends messages of several SMS segments as transactions: the segments of a message go out one after the other,
// each when the one before is answered, never between those of another message to the same terminal; a segment that failed for
// now is sent again at once, until the message is through, refused, or its time window is over.
//
// The package knows no protocol: a Link carries single segments. A suspended transaction is an entry of a table with one place
// among the timers; it has no goroutine and no timer of its own. With its message it takes 277 octets (measured on amd64 by
// TestSuspendedTransactionsCostMemoryOnly), and beside 100,000 of them a new message of two segments is put through in 0.7 µs, at the
// 99th percentile in 2.4 µs (BenchmarkBesideSuspended, two cores of an AMD EPYC with little other work, load 1).
package smstx
