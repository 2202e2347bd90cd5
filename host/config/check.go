package config

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Plugins is who knows the plugins that a configuration uses.
type Plugins interface {
	// Describe asks the plugin that "use" names ("bearer/sms") about itself.
	Describe(ctx context.Context, use string) (plugin.Info, error)
	// Validate has a plugin check a configuration. What is wrong with it comes back as plugin.Problems.
	Validate(ctx context.Context, use string, c plugin.Config) error
}

// Check asks the plugins what Load could not see: whether they exist, take their configuration, and can do what the policies
// want of them. Its error is of type Problems.
func Check(ctx context.Context, c *Config, plugins Plugins) error {
	return nil
}
