package node

import "slices"

// A Cause says why a push was not sent, in one word that goes over the wire. A gateway takes a word that it does not know for Failed.
type Cause string

// What is with the terminal or its subscription.
const (
	// RejectedByTerminal: it was asked to activate a context and said no (3GPP TS 24.008 §6.1.3.1.4).
	RejectedByTerminal Cause = "rejected-by-terminal"
	// NoPagingResponse: it was paged and did not answer.
	NoPagingResponse Cause = "no-paging-response"
	// NotAttached: it is detached or purged, or no SGSN is known.
	NotAttached Cause = "not-attached"
	// UnknownIMSI: the HLR or the SGSN does not know the subscription.
	UnknownIMSI Cause = "unknown-imsi"
	// NotIdentified: the push has no IMSI, and nobody could be asked whose its number or address is.
	NotIdentified Cause = "not-identified"
	// NotSubscribed: the subscription does not have the access point.
	NotSubscribed Cause = "not-subscribed"
	// RoamingRestriction: it is where it may not be served.
	RoamingRestriction Cause = "roaming-restriction"
	// NotListening: it got the push, and answered that nothing there listens for pushes (an ICMP error).
	NotListening Cause = "not-listening"
)

// What is with the network between.
const (
	// RefusedBySGSN: the SGSN refused the notification or gave up the activation, for none of the reasons above; GTPCause has more.
	RefusedBySGSN Cause = "refused-by-sgsn"
	// SGSNSilent: the SGSN did not answer the notification.
	SGSNSilent Cause = "sgsn-silent"
	// SGSNRestarted: the SGSN lost what it knew while the context was being activated.
	SGSNRestarted Cause = "sgsn-restarted"
	// HLRFailed: the HLR could not be asked, or had no answer.
	HLRFailed Cause = "hlr-failed"
	// ActivationTimeout: the SGSN took the notification, and no context came in time.
	ActivationTimeout Cause = "activation-timeout"
	// NoAddressLeft: the pool of addresses is empty.
	NoAddressLeft Cause = "no-address-left"
	// AddressRefused: the context came with another address than the one that it had to have.
	AddressRefused Cause = "address-refused"
	// ContextLost: the context ended before the push was sent over it, or the SGSN did not know it any more when the push came.
	ContextLost Cause = "context-lost"
)

// What is with the push or the node.
const (
	// NotServed: the access point or the subscription is none of this node's.
	NotServed Cause = "not-served"
	// TooLong: the push is longer than the way to the terminal takes.
	TooLong Cause = "too-long"
	// QueueFull: too many pushes wait, for this terminal or in all.
	QueueFull Cause = "queue-full"
	// Expired: the time of the push was over while it waited for its turn, before anything was asked of the network.
	Expired Cause = "expired"
	// Cancelled: the gateway asked to give it up.
	Cancelled Cause = "cancelled"
	// NodeStopping: the node is being stopped or started anew.
	NodeStopping Cause = "node-stopping"
	// Failed: the node had an error of its own.
	Failed Cause = "failed"
)

// What the client says where no node did. They never go over the wire.
const (
	// NodeDown: there is no connection to the node; the push did not leave the gateway.
	NodeDown Cause = "node-down"
	// NodeLost: the connection broke before the answer came; the push may have been sent.
	NodeLost Cause = "node-lost"
	// NoAnswer: the time was over before the answer came; the push may have been sent.
	NoAnswer Cause = "no-answer"
	// InvalidPush: a field of the push has a value that may not go over the wire.
	InvalidPush Cause = "invalid-push"
)

// Causes returns all of them, in the order of this file.
func Causes() []Cause {
	return slices.Concat(wireCauses(), []Cause{NodeDown, NodeLost, NoAnswer, InvalidPush})
}

// wireCauses are those that a node may give.
func wireCauses() []Cause {
	return []Cause{
		RejectedByTerminal, NoPagingResponse, NotAttached, UnknownIMSI, NotIdentified, NotSubscribed, RoamingRestriction, NotListening,
		RefusedBySGSN, SGSNSilent, SGSNRestarted, HLRFailed, ActivationTimeout, NoAddressLeft, AddressRefused, ContextLost,
		NotServed, TooLong, QueueFull, Expired, Cancelled, NodeStopping, Failed,
	}
}

// MayHaveBeenSent reports whether a push that ended with the cause may have left the node. With every other cause it did not.
func (c Cause) MayHaveBeenSent() bool { return c == NodeLost || c == NoAnswer }

// ofClient reports whether a cause is one of those that a node may not give.
func (c Cause) ofClient() bool { return c.MayHaveBeenSent() || c == NodeDown || c == InvalidPush }
