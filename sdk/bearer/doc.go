// Package bearer is the contract of bearers: plugins that bring a message to a terminal and say what became of it.
//
// Most authors write the simple form, Bearer, whose Deliver blocks until the result is known. A bearer that holds very many
// suspended deliveries writes Stream, which is told of deliveries and answers later, with no goroutine for each.
package bearer
