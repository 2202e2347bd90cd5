// Package pdp is the bearer bearer/pdp: connectionless pushes over the packet network, as UDP to the address of a terminal.
//
// A push is made into a datagram in Start, waits in the queue of its way (a socket, by source address, port and device) and is sent
// in a batch with what waits beside it. UDP confirms nothing, so what was sent is listened for: the kernel hands ICMP errors to the
// socket with the destination and the beginning of the datagram that they are about. What nobody complained of is accepted. While
// it waits, a delivery is an entry in a table and in the list of its moment.
//
// A terminal that is not online is woken first: by a push node (sdk/node), which takes the push and answers with one of the causes that
// nodeoutcome.go has an outcome for, or by a packet to its static address, as wake.go tells.
package pdp
