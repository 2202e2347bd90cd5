// Package dispatch brings accepted deliveries to their end: it takes what is due, plans, encodes, routes, sends, and records
// the outcome. The path of one delivery is in path.go, what an outcome leads to in outcome.go.
//
// One goroutine owns all state. Everybody else posts to it, and what it asks of plugins and the store is answered by posting
// back, so that a delivery that waits is a job in a table with an entry in a timer heap, and nothing more. One that waits for
// longer than a second is folded (fold.go): its papers, which are most of it, become a few hundred octets without a pointer.
//
// What waits lets others pass to the terminal (lane.go), which are told what it has begun there (begun.go).
//
// Whom an address stands for is found out when the delivery is dispatched (resolve.go), and who has the terminal's address now when
// it leaves the host (owner.go). A user with several terminals has a leg for each (legs.go), and one result (combine.go).
package dispatch
