package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/pluginhost"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// configFile is the argument of all commands that need a configuration.
type configFile struct {
	Config string `short:"c" type:"path" default:"ppgbox.toml" help:"Configuration file (default ${default})." placeholder:"FILE"`
}

// checkTimeout bounds how long the plugins may take to look at a configuration.
const checkTimeout = time.Minute

// load reads a configuration. Problems that leave something to check are not an error yet: check reports them with its own.
func load(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	if cfg == nil {
		return nil, wrong(err)
	}
	return cfg, nil
}

// check has the plugins look at a configuration. What is wrong with it ends the program with exitUsage and one line for each
// problem.
func check(ctx context.Context, cfg *config.Config, plugins config.Plugins) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := config.Check(ctx, cfg, plugins, bundledNames()); err != nil {
		return wrong(err)
	}
	return nil
}

// wrong is the error for a configuration that is not right.
func wrong(err error) error {
	var ps config.Problems
	if errors.As(err, &ps) {
		return &exitError{exitUsage, fmt.Errorf("the configuration is not right:\n%w", ps)}
	}
	return &exitError{exitUsage, err}
}

// pluginOptions are those of a plugin host for this configuration.
func pluginOptions(cfg *config.Config, log hclog.Logger) (pluginhost.Options, error) {
	self, err := os.Executable()
	if err != nil {
		return pluginhost.Options{}, fmt.Errorf("finding this program's file, which holds the bundled plugins: %w", err)
	}
	return pluginhost.Options{
		Self: self, Bundled: bundledNames(), PluginDir: existing(cfg.Gateway.PluginDir), LockFile: cfg.Gateway.LockFile,
		RunDir: cfg.Gateway.RunDir, WorkDir: cfg.Dir, Log: log,
	}, nil
}

// existing returns the folder, or "" if there is none: nobody has to make an empty one.
func existing(dir string) string {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return ""
	}
	return dir
}

func instances(cfg *config.Config) []pluginhost.Instance {
	var set []pluginhost.Instance
	for _, p := range cfg.Plugins {
		set = append(set, pluginhost.Instance{Name: p.Name, Use: p.Use, TOML: p.TOML})
	}
	return set
}

// policies compiles the policies for the plugins as info describes them.
func policies(cfg *config.Config, info func(instance string) (plugin.Info, bool)) (*policy.Set, error) {
	var encoders []policy.EncoderInfo
	var bearers []policy.BearerInfo
	for _, p := range cfg.Plugins {
		i, ok := info(p.Name)
		switch {
		case !ok:
			return nil, fmt.Errorf("plugin %q is not there", p.Name)
		case i.Kind == plugin.KindEncoder:
			encoders = append(encoders, policy.EncoderInfo{Instance: p.Name, Takes: i.Takes})
		case i.Kind == plugin.KindBearer:
			bearers = append(bearers, policy.BearerInfo{Instance: p.Name, Info: i})
		}
	}
	return policy.New(cfg.Policies, encoders, bearers)
}

func bundledNames() []string {
	var names []string
	for name := range bundled() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
