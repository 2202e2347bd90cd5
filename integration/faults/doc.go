// Package faults holds the fault runs: bursts of pushes through the real ppgbox binary with something killed, cut, stopped or
// filled up in the middle, and what the gateway promises checked from the outside afterwards. README.md says what is checked
// and shows the last full run.
package faults
