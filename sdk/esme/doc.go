// Package esme is the client side of SMPP links, the External Short Messaging Entity: it keeps binds to SMSCs, shares the load
// over them, and says what an answer means.
//
// Links are made of the tables of a configuration ([File], the same keys wherever links are configured). Each is bound as a
// transceiver, as a transmitter, or as a transmitter beside a receiver, and bound again when it is lost, with its files as they
// are then. A request goes to one of the links that take the number ([Links.Way]): of those with a free place, the ones of the
// highest priority, and of these the one with most free places. A link of lower priority is used only while those above it are
// down or full: a message that has a window to meet is better off over the second best link than waiting for the best. An SMSC
// that says it is too fast or too full gets a pause and then fewer requests at once.
package esme
