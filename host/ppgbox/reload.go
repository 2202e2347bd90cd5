package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/pluginhost"
)

// reload reads the configuration file again and puts it to use, all of it or, with an error, nothing. The answer says what can not
// be changed while the gateway runs, and what does not run under the new configuration.
func (g *gatewayProcess) reload(ctx context.Context) (done admin.Reloaded, err error) {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	defer func() {
		if err != nil {
			g.log.Error("the configuration was not reloaded, the old one goes on", "error", err)
		}
	}()
	cfg, err := load(g.config.File)
	if err == nil {
		err = check(ctx, cfg, g.plugins)
	}
	if err != nil {
		return done, err
	}
	list := initiators(cfg)
	if _, err := pap.NewInitiators(list); err != nil { // before anything has changed
		return done, err
	}
	done.Notes, err = g.plugins.Reload(ctx, instances(cfg))
	var notUp *pluginhost.NotUpError
	switch {
	case errors.As(err, &notUp): // the new configuration is in use all the same
		done.NotUp = notUp.Error()
		g.log.Error("reload", "error", notUp)
	case err != nil:
		return done, err
	}
	set, err := policies(cfg, g.plugins.Info)
	if err != nil {
		return done, err
	}
	if err := g.initiators.Replace(list); err != nil {
		return done, err
	}
	if g.pushServer.radius != nil {
		if err := g.pushServer.radius.Reconfigure(radiusPeers(cfg)); err != nil {
			return done, err
		}
	}
	g.papTLS.use(cfg)
	g.gateway.SetPermits(permits(cfg))
	g.gateway.SetPolicies(set)
	g.dispatcher.SetPolicies(set)
	done.Notes = append(done.Notes, needRestart(g.started, cfg)...)
	g.config = cfg
	for _, n := range done.Notes {
		g.log.Warn("reload: " + n)
	}
	g.log.Info("the configuration is reloaded", "file", cfg.File)
	return done, nil
}

// configuration is the one in use.
func (g *gatewayProcess) configuration() admin.Configuration {
	g.reloading.Lock()
	defer g.reloading.Unlock()
	return admin.Configuration{File: g.config.File, SHA256: hex.EncodeToString(g.config.Sum[:])}
}

// needRestart names the sections that differ from those that the gateway was started with, and that only a start reads.
func needRestart(before, after *config.Config) []string {
	var notes []string
	say := func(section string, changed bool) {
		if changed {
			notes = append(notes, fmt.Sprintf("[%s] differs from what the gateway was started with; it takes effect at the next start", section))
		}
	}
	say("gateway", before.Gateway != after.Gateway)
	say("listen", startListen(before.Listen) != startListen(after.Listen))
	say("subscribers", !reflect.DeepEqual(before.Subscribers, after.Subscribers))
	say("client", !reflect.DeepEqual(before.Clients, after.Clients))
	say("relay", !reflect.DeepEqual(before.Relays, after.Relays))
	say("limits", before.Limits != after.Limits)
	say("notify", before.Notify != after.Notify)
	return notes
}

type reloadCommand struct{ adminClient }

// Run implements the command.
func (c reloadCommand) Run(s streams) error {
	var r admin.Reloaded
	status, err := c.call(http.MethodPost, "/v1/reload", &r)
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		return &exitError{exitUsage, fmt.Errorf("not reloaded, the old configuration goes on: %s", r.Error)}
	}
	for _, n := range r.Notes {
		fmt.Fprintln(s.out, n)
	}
	if r.NotUp != "" {
		return fmt.Errorf("%s", r.NotUp)
	}
	fmt.Fprintln(s.out, "reloaded")
	return nil
}
