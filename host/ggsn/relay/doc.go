// Package relay passes registrations of push clients from the terminals of a push GGSN to a gateway (host/registration/README.md,
// "Relays"), and releases them there when the PDP context ends.
package relay
