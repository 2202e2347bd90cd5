// Package hlr answers one question: where in the network is this subscriber?
//
// A [Backend] asks one kind of register: [OsmoHLR] over the control interface of OsmoHLR, [Sh] an HSS with Diameter (3GPP TS 29.328
// §6.1.1, TS 29.329 §6.1.1; on RFC 6733, see package diameter), [GTP] an HLR through a GSN that converts between GTP and MAP
// (TS 29.060 §7.4.1, see package gtp). Each says what its register knows in the terms of a [Location] and of the kinds of [Error].
// Reasons by number are those of GTP (TS 29.060 §7.7.25A, MS Not Reachable Reason) and of MAP (TS 29.002 §17.6.6).
//
// A [Finder] stands before a backend and makes it fit to be asked for each push: time limits, a bounded number of attempts, equal
// questions asked once, and a bounded cache whose entries can be taken back when the network says that something changed.
//
// "Not attached" is an answer, not an error. Errors never become answers: nothing is sent on a guess.
package hlr
