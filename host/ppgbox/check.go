package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/pluginhost"
)

type checkCommand struct {
	configFile
	JSON bool `help:"Print JSON."`
}

// checked is what a script reads of a check.
type checked struct {
	OK       bool            `json:"ok"`
	Problems config.Problems `json:"problems,omitempty"`
	Warnings config.Problems `json:"warnings,omitempty"`
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
	err = check(context.Background(), cfg, plugins)
	if c.JSON {
		return printChecked(s, cfg, err)
	}
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(s.err, "warning:", w)
	}
	fmt.Fprintf(s.out, "%s is right: %s, %s, %s\n", cfg.File, count(len(cfg.Initiators), "initiator", "initiators"),
		count(len(cfg.Plugins), "plugin", "plugins"), count(len(cfg.Policies), "policy", "policies"))
	return nil
}

// printChecked prints the result of a check, whose error keeps its exit code.
func printChecked(s streams, cfg *config.Config, err error) error {
	result := checked{OK: err == nil, Warnings: cfg.Warnings()}
	if err != nil && !errors.As(err, &result.Problems) {
		return err
	}
	if printed := printJSON(s.out, result); printed != nil {
		return printed
	}
	if err != nil {
		return &exitError{code: exitUsage}
	}
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
