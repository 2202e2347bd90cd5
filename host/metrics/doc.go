// Package metrics counts what the gateway does, for Prometheus.
//
// Nothing on the way of a push knows of it: what happens to a push is told to the store in events, and how the Push Initiators
// are answered passes through pap.Gateway and, where HTTP refuses them, the PAP handler, so all are watched by wrapping them.
// What stands is asked for when it is scraped. No label holds what a Push Initiator or a network can make up at will: causes are
// classes, at most a hundred of them.
package metrics
