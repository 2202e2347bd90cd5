// Package pushclient is what a terminal of the push server runs: it registers the address that it has, keeps the registration alive, takes
// connectionless pushes, gives each to the command of its application or shows it, loads what an indication speaks of as its user would,
// and releases the registration before it ends.
//
// The wire format of registrations is told in host/registration.
package pushclient
