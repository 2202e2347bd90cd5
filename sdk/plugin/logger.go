package plugin

import (
	"os"

	"github.com/hashicorp/go-hclog"
)

// Keys that the gateway gives to every line about an instance or a push; a plugin uses the same.
const (
	LogInstance = "instance"
	LogPushID   = "push_id"
)

// EnvLogLevel names the lowest level that a plugin logs ("trace" … "error"); the gateway sets it. Without it, it is "info".
const EnvLogLevel = "PPGBOX_LOG_LEVEL"

// stderr is the stream the gateway reads; os.Stderr is another one between the start of a plugin's server and its first call.
var stderr = os.Stderr

// Logger returns a logger whose lines appear in the gateway's log under the name of the instance, with their levels and keys:
//
//	log.Warn("bind lost", "node", node, plugin.LogPushID, d.PushID)
//
// A line costs about 35 µs of CPU in both processes, so the hot path logs at debug level and asks IsDebug first.
func Logger() hclog.Logger {
	level := hclog.LevelFromString(os.Getenv(EnvLogLevel))
	if level == hclog.NoLevel {
		level = hclog.Info
	}
	return hclog.New(&hclog.LoggerOptions{Level: level, Output: stderr, JSONFormat: true})
}
