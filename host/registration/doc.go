// Package registration is the client listener: push clients on the private network side register the address that they speak from,
// over HTTP and JSON, and a push GGSN relays what terminals behind it register. README.md tells the wire format, and openapi.json is
// the same for programs; the listener serves it.
//
// A terminal may register the address its request came from and no other, for a user whose password it knows. A listener belongs
// to one GGSN and one APN, since private address ranges overlap; with several of them there are several Handlers.
package registration
