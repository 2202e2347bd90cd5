// Package admin is the gateway's service for its operators: health, the state of plugins, and what became of a push. It listens
// on loopback and asks nobody who they are. Pages of others in a browser on the same machine can not use it: a request that changes
// something is refused with 403 if it comes from another origin, and on loopback any is with 421 that names the gateway otherwise than by an
// address or a name without a domain.
//
// # Health
//
// Two questions are asked of a gateway, and they are not the same.
//
// /healthz: is the process in order, or should it be started again? It answers 200 as soon as the gateway has started, while its
// dispatcher answers within a second; 503 otherwise. A plugin that died does not make it 503, since the host starts it again, but
// is named in the body, whose "ok" is then false. A listener that fails ends the process.
//
// /readyz: can pushes be sent here? It answers 200 if
//   - the gateway is not stopping: during an orderly stop it answers 503 until what is on the air has come to its end;
//   - the store took what was last written to it: the events of pushes, or the lease that is renewed every few seconds;
//   - every plugin instance runs;
//   - every bearer that a policy uses takes deliveries: one whose SMSC is not bound does not.
//
// Otherwise it answers 503, and the body says what is missing and why:
//
//	{"ok": false, "missing": [{"what": "bearer", "name": "sms", "reason": "it takes nothing: …"}]}
//
// A gateway that is not ready still takes and keeps pushes, unless it is the store that is missing: they wait, and the limits of
// what may be pending say for how long that is a good idea. A load balancer goes by /readyz, what supervises the process by /healthz.
package admin
