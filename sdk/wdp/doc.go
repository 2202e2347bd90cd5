// Package wdp carries datagrams over SMS: the user data header with its ports and concatenation, a datagram cut into
// segments, and segments put together again on the terminal's side.
//
// Specifications: WAP-259-WDP-20010614-a, 3GPP TS 23.040 §9.2.3.24.
package wdp
