// Package radius takes RADIUS accounting (RFC 2866) from the GGSNs and tells the directory of subscribers which terminal holds
// which address; README.md says what is read and what it does.
//
// The way of a message: one reader takes it from the socket, proves it and knows it again if it is a repeat (receive.go,
// exchange.go) → one goroutine, so that the order of arrival is kept, reads its attributes (record.go), tells the directory
// (tell.go) and hands it to the next server (forward.go) → when all of that is done, another writes the answer (answer.go).
// Nothing starts a goroutine per message, and what is under way is bounded.
package radius
