//go:build linux

// Command claims measures what transactional SMS push buys: the gateway, an SMSC and thousands of handsets as processes, a radio that loses
// segments, and the same pushes through an SMSC that stores and forwards. "make claims" runs it; README.md says what is measured, under
// which assumptions, and what came out.
//
// It reads in this order: model.go has the assumptions, arm.go what is compared, cell.go the radio and the lengths; run.go is one run
// of an arm, with parts.go (processes), initiator.go (the Push Initiator), air.go (what the handsets saw) and book.go (what became of
// each push). exact.go and simulation.go say what is to be expected, row.go compares, table.go and plot.go write it.
package main
