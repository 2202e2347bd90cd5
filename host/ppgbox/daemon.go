package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/heap"
)

// A daemon is a command that runs until it is told to stop: what serve, smsc and ggsn have in common.
type daemon struct {
	LogLevel string `enum:"trace,debug,info,warn,error" default:"info" help:"One of ${enum} (default ${default})."`
	LogJSON  bool   `name:"log-json" help:"Log as JSON lines."`
}

// run serves with a log that goes to out, and with the signals that stop or reload.
func (d daemon) run(name string, out io.Writer, serve func(signals <-chan os.Signal, log hclog.Logger) error) error {
	background, cancel := context.WithCancel(context.Background())
	defer cancel()
	go heap.Tune(background)
	log := hclog.New(&hclog.LoggerOptions{Name: name, Level: hclog.LevelFromString(d.LogLevel), Output: out, JSONFormat: d.LogJSON})
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(signals)
	return serve(signals, log)
}
