// Package activation makes terminals activate a PDP context for what waits for them: the network-requested PDP context activation
// of 3GPP TS 23.060 §9.2.2.2, from the push to the context, with the address variants of US 2013/0121252.
//
// A push (Engine.Push) to a terminal with a context goes out at once. For others the engine asks the HLR, notifies the SGSN, and waits
// for the node to tell of the context (ContextUp), of the SGSN's reject (Rejected), or for its time to be over:
//
//	push -> HLR -> PDU Notification Request -> Response -> Create (MayCreate, ContextUp) -> everything that waits, in its order
//
// One activation serves all that waits for a terminal at an access point. [Causes] is the table of how it fails and what follows.
// README.md has the layout of the indications in a notification.
package activation
