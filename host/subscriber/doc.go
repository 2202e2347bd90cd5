// Package subscriber knows whom an address stands for: it turns a user identifier, a number or an IP address into terminals, with the
// sessions that they have now in the packet network.
//
// The operator enters subscribers; sessions come and go by RADIUS accounting (host/radius) and by push clients that register
// (host/registration). Everything is in memory and, before whoever told it is answered, in the store.
package subscriber
