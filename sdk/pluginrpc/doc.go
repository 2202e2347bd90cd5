// Package pluginrpc carries the plugin contract over gRPC: the generated protobuf code (pluginv1), its mapping to the domain
// types, the servers that a plugin process runs, and the client through which the gateway speaks to it.
//
// Authors of plugins use Serve of sdk/encoder, sdk/routing or sdk/bearer. The contract for plugins in other languages is
// plugin.proto.
package pluginrpc

//go:generate ./generate.sh
