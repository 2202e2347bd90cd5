// Package tun opens a TUN device of the kernel: what is written to it arrives in the network stack of this machine, and what is routed to
// it is read here. There is one on Linux only.
package tun
