package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/ggsn"
)

type ggsnCommand struct {
	Config string `short:"c" type:"path" default:"ggsn.toml" help:"Configuration file (default ${default})." placeholder:"FILE"`
	Check  bool   `help:"Check the configuration, report every problem with file, line and key, and open nothing."`
	daemon
	StopTime time.Duration `default:"10s" help:"How long gateways and accounting may take when the GGSN stops (default ${default})." placeholder:"DURATION"`
}

// Help implements kong.HelpProvider.
func (ggsnCommand) Help() string {
	return "Serves an access point for pushes: SGSNs make PDP contexts with it (GTPv1), gateways hand it pushes, and it has terminals without " +
		"a context activate one. Logs go to standard error. It serves when it logs \"ready\".\n\n" +
		"SIGTERM and SIGINT stop it in order. SIGHUP is left aside: a change of the configuration needs a restart, which ends all contexts."
}

// Run implements the command.
func (c ggsnCommand) Run(s streams) error {
	cfg, err := ggsn.Load(c.Config)
	if err != nil {
		return wrong(err)
	}
	if c.Check {
		fmt.Fprintf(s.out, "%s is right: %s\n", c.Config, cfg)
		return nil
	}
	return c.run("ggsn", s.err, func(signals <-chan os.Signal, log hclog.Logger) error { return c.serve(cfg, signals, log) })
}

// serve runs the GGSN until a signal comes.
func (c ggsnCommand) serve(cfg *ggsn.Config, signals <-chan os.Signal, log hclog.Logger) error {
	running, err := ggsn.Start(cfg, log)
	if err != nil {
		return err
	}
	log.Info("ready", "gtp_control", running.ControlAddress(), "gtp_user", running.UserAddress(), "node", running.NodeAddress(),
		"registration", running.RegistrationAddress(), "admin", running.AdminAddress(), "restart_counter", running.RestartCounter())
	err = c.wait(running, signals, log)
	ctx, stop := context.WithTimeout(context.Background(), c.StopTime)
	defer stop()
	running.Stop(ctx)
	log.Info("stopped")
	return err
}

// wait returns when the GGSN is to stop: a signal asks for it, or, with an error, it can not go on.
func (c ggsnCommand) wait(running *ggsn.GGSN, signals <-chan os.Signal, log hclog.Logger) error {
	for {
		select {
		case err := <-running.Failed():
			log.Error("stopping", "error", err)
			return err
		case sig := <-signals:
			if sig == syscall.SIGHUP { // those who rotate the logs of all gateways send it
				log.Info("SIGHUP changes nothing: a change of the configuration or of a file that it names needs a restart", "file", c.Config)
				continue
			}
			log.Info("stopping", "signal", fmt.Sprint(sig), "contexts", running.Contexts())
			return nil
		}
	}
}
