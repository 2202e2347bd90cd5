package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/pluginhost"
)

type checkCommand struct {
	configFile
}

// Help implements kong.HelpProvider.
func (checkCommand) Help() string {
	return "Starts each plugin for a moment to have it look at its part. Nothing is opened, nothing is sent, and a running gateway is not touched."
}

// Run implements the command.
func (c checkCommand) Run(s streams) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	plugins, err := describer(cfg)
	if err != nil {
		return err
	}
	defer plugins.Stop(context.Background())
	if err := check(context.Background(), cfg, plugins); err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(s.err, "warning:", w)
	}
	fmt.Fprintf(s.out, "%s is right: %s, %s, %s\n", cfg.File, count(len(cfg.Initiators), "initiator", "initiators"),
		count(len(cfg.Plugins), "plugin", "plugins"), count(len(cfg.Policies), "policy", "policies"))
	return nil
}

// describer is a plugin host that only asks plugins about themselves and their configuration.
func describer(cfg *config.Config) (*pluginhost.Host, error) {
	opts, err := pluginOptions(cfg, hclog.NewNullLogger())
	if err != nil {
		return nil, err
	}
	return pluginhost.New(opts)
}
