// Package routing is the contract of routing strategies: plugins that find out where a subscriber is.
package routing
