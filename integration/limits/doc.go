// Package limits goes to every limit of the gateway, and one step past it, with the real binary. Past a limit the Push Initiator
// is told so and nothing of its push is kept; what is within it goes on.
package limits
