package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
// want of them. known are plugins to suggest where one does not exist. Its error is of type Problems, and those that Load
// found are among them: without an error the configuration is good as a whole.
func Check(ctx context.Context, c *Config, plugins Plugins, known []string) error {
	r := &reader{file: c.File, dir: c.Dir, lines: c.lines, problems: slices.Clone(c.problems), named: map[string]bool{}}
	for _, p := range c.problems {
		r.named[p.Key] = true
	}
	infos := map[string]plugin.Info{} // by instance
	for i := range c.Plugins {
		p := &c.Plugins[i]
		use := path{"plugin", p.Name, "use"}
		if r.named[use.String()] {
			continue
		}
		info, err := plugins.Describe(ctx, p.Use)
		switch {
		case err != nil:
			suggestion := ""
			if !exists(c, p.Use, known) {
				suggestion = nearest(p.Use, known)
			}
			r.add(use, suggestion, err.Error())
			continue
		case info.Kind != p.kind():
			r.problem(use, "", "%s says that it is of kind %q", p.Use, info.Kind)
			continue
		}
		infos[p.Name] = info
		r.checkConfig(ctx, p, info, plugins)
	}
	r.checkPlans(c, infos)
	return r.problems.err()
}

// exists tells whether a plugin is there, whatever is wrong with it.
func exists(c *Config, use string, known []string) bool {
	file := "ppgbox-" + strings.ReplaceAll(use, "/", "-")
	_, err := os.Stat(filepath.Join(c.Gateway.PluginDir, file))
	return slices.Contains(known, use) || !errors.Is(err, fs.ErrNotExist)
}

// checkConfig checks a plugin's section against the keys that it declares, and then has the plugin look at the rest.
func (r *reader) checkConfig(ctx context.Context, p *Plugin, info plugin.Info, plugins Plugins) {
	at := path{"plugin", p.Name, "config"}
	rest, typed := r.declared(at, p.table, keyTree(info.Keys))
	if !typed {
		return
	}
	text, err := encode(rest)
	if err != nil {
		r.problem(at, "", "can not be handed to the plugin: %v", err)
		return
	}
	err = plugins.Validate(ctx, p.Use, plugin.Config{Instance: p.Name, TOML: text})
	var found plugin.Problems
	switch {
	case errors.As(err, &found):
		var mine []Problem
		for _, f := range found {
			key := at.with(splitKey(f.Key)...)
			if !r.named[key.String()] { // what the host found there is what the plugin stumbled over
				mine = append(mine, Problem{File: r.file, Line: r.lines.of(key), Key: key.String(), Text: f.Text})
			}
		}
		r.problems = append(r.problems, mine...)
	case err != nil:
		r.add(path{"plugin", p.Name, "use"}, "", err.Error())
	}
}

// splitKey takes the key of a plugin's problem apart, which may have quoted parts.
func splitKey(key string) []string {
	if key == "" {
		return nil
	}
	s := &scanner{text: key, line: 1}
	return s.dotted()
}
