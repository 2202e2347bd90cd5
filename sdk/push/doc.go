// Package push holds the domain types that the gateway and its plugins share: what a push carries, whom it is for, where
// that terminal is, and what became of it. Nothing here knows protobuf, SMPP or GTP.
package push
