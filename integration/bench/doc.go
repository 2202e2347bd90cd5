//go:build linux

// Command bench measures ppgbox beside Kannel 1.4.5: the same pushes from the same generator, over PAP into the gateway and out
// of it over SMPP into a sink that answers at once, on the same machine in interleaved runs. "make bench" runs it; README.md says
// what is measured and how.
//
// A run reads in this order: matrix.go has the rows, run.go one run of a row, generator.go posts, sink.go and arrivals.go see
// what comes out, sample.go is what a run found, results.go and table.go what is written of it. kannel.go and ppgbox.go start
// the gateways.
package main
