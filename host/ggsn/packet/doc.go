// Package packet writes the IPv4 packets in which pushes go to terminals (RFC 791, RFC 768), and reads of those that come back what a
// node has to know: who it is from, and whether it is the network's or the terminal's complaint about a push (RFC 792).
package packet
