// Package smsc is the push-dedicated SMSC, "ppgbox smsc": an SMPP 3.4 server that takes whole messages, cuts them into segments,
// sends the segments of one message back to back over MSC-side links as a transaction (sdk/smstx), and answers a submission only
// with its final result.
//
// The way of a submission: receive (receive.go) → what the ESME may do (account.go) → what it says (submission.go) → a
// transaction (begin.go), or a segment of one that an older gateway has cut itself (adopt.go) → the engine and the links of the
// terminal (network.go) → the answer (answer.go).
package smsc
