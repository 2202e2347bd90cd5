package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/smsc"
)

type smscCommand struct {
	Config string `short:"c" type:"path" default:"smsc.toml" help:"Configuration file (default ${default})." placeholder:"FILE"`
	Check  bool   `help:"Check the configuration, report every problem with file, line and key, and open nothing."`
	daemon
	StopTime time.Duration `default:"30s" help:"How long transactions on the way may take to end when the SMSC stops (default ${default})." placeholder:"DURATION"`
}

// Help implements kong.HelpProvider.
func (smscCommand) Help() string {
	return "Takes whole pushes over SMPP, cuts them into segments, and answers each with its final result. Logs go to standard error. " +
		"It takes submissions when it logs \"ready\"; /readyz of the admin listener answers 200 while they can be sent, too.\n\n" +
		"SIGTERM and SIGINT stop it in order: nothing new is taken, what is on the way comes to its end. SIGHUP takes what " +
		"has changed of ESMEs, passwords and certificates; every other change of the configuration needs a restart."
}

// Run implements the command.
func (c smscCommand) Run(s streams) error {
	cfg, err := smsc.Load(c.Config)
	if err != nil {
		return wrong(err)
	}
	if c.Check {
		fmt.Fprintf(s.out, "%s is right: %s\n", c.Config, cfg)
		return nil
	}
	return c.run("smsc", s.err, func(signals <-chan os.Signal, log hclog.Logger) error { return c.serve(cfg, signals, log) })
}

// serve runs the SMSC until a signal comes.
func (c smscCommand) serve(cfg *smsc.Config, signals <-chan os.Signal, log hclog.Logger) error {
	running, err := smsc.Start(cfg, log)
	if err != nil {
		return err
	}
	log.Info("ready", "listen", running.Address(), "admin", running.AdminAddress())
	err = c.wait(running, signals, log)
	ctx, stop := context.WithTimeout(context.Background(), c.StopTime)
	defer stop()
	running.Stop(ctx)
	log.Info("stopped")
	return err
}

// wait returns when the SMSC is to stop: a signal asks for it, or, with an error, it can not go on.
func (c smscCommand) wait(running *smsc.SMSC, signals <-chan os.Signal, log hclog.Logger) error {
	for {
		select {
		case err := <-running.Failed():
			log.Error("stopping", "error", err)
			return err
		case sig := <-signals:
			if sig == syscall.SIGHUP {
				c.reload(running, log)
				continue
			}
			log.Info("stopping", "signal", fmt.Sprint(sig), "suspended", running.Suspended())
			return nil
		}
	}
}

// reload takes what may change while the SMSC runs. A configuration that is wrong changes nothing.
func (c smscCommand) reload(running *smsc.SMSC, log hclog.Logger) {
	cfg, err := smsc.Load(c.Config)
	if err != nil {
		log.Error("the configuration is wrong, the old one goes on", "error", err)
		return
	}
	if restart := running.Reload(cfg); len(restart) > 0 {
		log.Warn("ESMEs and certificates are those of the file now; other tables have changed, too, and need a restart",
			"file", c.Config, "restart", strings.Join(restart, " "))
		return
	}
	log.Info("ESMEs and certificates are those of the file now", "file", c.Config)
}
