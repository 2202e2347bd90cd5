//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func main() {
	runtime.LockOSThread() // a child dies with the thread that started it
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := command(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "claims:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context) error {
	quick := flag.Bool("quick", false, "every part in seconds, with few pushes and cells; the figures mean little")
	armNames := flag.String("arms", "", "`names` of arms with commas between; all without it")
	folder := flag.String("write", "", "`folder` of README.md, results.json and the plots; without it the table is printed alone")
	full := fullPlan()
	pushes := flag.Int("pushes", full.pushes, "in each cell")
	rate := flag.Float64("rate", full.rate, "pushes a second, of all cells together")
	compression := flag.Float64("compression", full.compression, "experiment time over machine time, of a transaction; what is stored goes eight times as fast")
	flag.Parse()
	arms, err := parseArms(*armNames)
	if err != nil {
		return err
	}
	p, plays := full, fullPlays
	p.pushes, p.rate, p.compression = *pushes, *rate, *compression
	if *quick {
		if *folder != "" {
			return errors.New("the figures of -quick mean little and are not written")
		}
		p, plays = quickPlan(), quickPlays
	}
	binaries, remove, err := buildAll()
	if err != nil {
		return err
	}
	defer remove()
	rep, err := experiment(ctx, binaries, arms, p, plays, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Print(rep.figures())
	if *folder == "" {
		return nil
	}
	return rep.write(*folder)
}
