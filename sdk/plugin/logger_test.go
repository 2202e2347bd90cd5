package plugin

import (
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestLoggerLevel(t *testing.T) {
	for env, want := range map[string]hclog.Level{"": hclog.Info, "debug": hclog.Debug, "error": hclog.Error, "loud": hclog.Info} {
		t.Setenv(EnvLogLevel, env)
		if got := Logger().GetLevel(); got != want {
			t.Errorf("%s=%q: level %s, want %s", EnvLogLevel, env, got, want)
		}
	}
}
