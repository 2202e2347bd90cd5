// Package admin is the gateway's service for its operators: health, the state of plugins, and what became of a push. It listens
// on loopback and asks nobody who they are.
package admin
