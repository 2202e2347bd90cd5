// Package initiator is the Push Initiator's side of PAP for the integration tests: it submits, asks for the status, and takes
// result notifications. Its XML is its own, so that a mistake of the gateway's parser or writer does not cancel out.
package initiator
