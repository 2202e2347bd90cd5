package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

type serveCommand struct {
	configFile
	daemon
	StopTime time.Duration `default:"30s" help:"How long what is on the air may take to end when the gateway stops (default ${default})." placeholder:"DURATION"`
}

// Help implements kong.HelpProvider.
func (serveCommand) Help() string {
	return "Logs go to standard error. The gateway is ready when it logs \"ready\"; /healthz of the admin listener answers 200 then. " +
		"/readyz answers 200 while pushes can be taken and sent, and says what is missing otherwise.\n\n" +
		"SIGTERM and SIGINT stop it in order: nothing new is taken, what is on the air comes to its end, the rest goes on at the next start."
}

// Run implements the command.
func (c serveCommand) Run(s streams) error {
	return c.run("ppgbox", s.err, c.serve)
}

// serve runs the gateway until a signal comes.
func (c serveCommand) serve(signals <-chan os.Signal, log hclog.Logger) error {
	g, err := open(context.Background(), c.Config, log)
	if err != nil {
		return err
	}
	log.Info("ready", "pap", g.papURL, "admin", g.adminURL)
	err = c.wait(g, signals, log)
	ctx, cancel := context.WithTimeout(context.Background(), c.StopTime)
	defer cancel()
	g.stop(ctx)
	log.Info("stopped")
	return err
}

// wait returns when the gateway is to stop, with the reason if that is a failure.
func (c serveCommand) wait(g *gatewayProcess, signals <-chan os.Signal, log hclog.Logger) error {
	for {
		select {
		case err := <-g.failed:
			log.Error("stopping", "error", err)
			return err
		case sig := <-signals:
			if sig != syscall.SIGHUP {
				log.Info("stopping", "signal", fmt.Sprint(sig), "pending", g.dispatcher.Pending())
				return nil
			}
			_, _ = g.reload(context.Background()) // it logs what is wrong
		}
	}
}
