// Package nodev1 is the generated code of node.proto, the stream between the gateway and a push node. Only sdk/node uses it.
package nodev1

//go:generate ./generate.sh
