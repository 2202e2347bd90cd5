// Command tally runs its arguments, a "go test -json" command, and prints what a person needs of the output: a line for
// every package, the output of what failed, the name and the reason of what was skipped, and as its last line "N passed,
// N failed". It exits with status 1 if anything failed or if nothing ran.
package main
