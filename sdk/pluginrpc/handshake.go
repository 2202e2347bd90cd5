package pluginrpc

import goplugin "github.com/hashicorp/go-plugin"

// protocolVersion is the version of plugin.proto, negotiated by go-plugin.
const protocolVersion = 1

// Name is the name under which the one plugin of a process is dispensed.
const Name = "ppgbox"

// Environment of a plugin process.
const (
	// EnvCookie is set by the gateway for every plugin process; a process without it was started by hand.
	EnvCookie = "PPGBOX_PLUGIN"
	// EnvHostPipe holds the number of an inherited file descriptor whose end of file ends the process: the other end is
	// held by the gateway, so that no plugin outlives it.
	EnvHostPipe = "PPGBOX_HOST_PIPE"
)

const cookie = "7f2c1b60-a-plugin-of-the-push-proxy-gateway"

// Handshake is what gateway and plugin show each other before they speak.
func Handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{MagicCookieKey: EnvCookie, MagicCookieValue: cookie}
}
