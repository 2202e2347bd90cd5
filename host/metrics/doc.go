// Package metrics counts what the gateway does, for Prometheus.
//
// Nothing on the way of a push knows of it: what happens to a push is told to the store in events, and how the Push Initiators
// are answered passes through pap.Gateway, so both are watched by wrapping them. What stands is asked for when it is scraped.
package metrics
