// Command handset is an SMSC emulator and a terminal, to try a gateway without a network. It prints what happens, a line each, until
// it is stopped.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/contrib/handset"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "handset:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	smsc := handset.SMSC{}
	flags := flag.NewFlagSet("handset", flag.ContinueOnError)
	smppAddress := flags.String("smpp", "127.0.0.1:2775", "where the SMSC listens; \"\" is nowhere")
	udpAddress := flags.String("udp", "127.0.0.1:2948", "where the terminal listens for pushes over IP; \"\" is nowhere")
	flags.StringVar(&smsc.SystemID, "system-id", "", "system_id that ESMEs must bind with (default any)")
	flags.StringVar(&smsc.Password, "password", "", "password that ESMEs must bind with (default any)")
	flags.DurationVar(&smsc.Radio.Delay, "delay", 200*time.Millisecond, "how long an SMS takes over the radio")
	loss := flags.Float64("loss", 0, "share of all tries that the radio loses, from 0 to 1")
	seed := flags.Uint64("seed", 1, "decides which ones; the same seed loses the same")
	flags.Usage = func() { usage(flags) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if *loss < 0 || *loss > 1 {
		return fmt.Errorf("--loss %v: must be from 0 to 1", *loss)
	}
	smsc.Radio.Loss = handset.RandomLoss(*loss, *seed)

	var mu sync.Mutex
	line := func(at time.Time, text any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, at.Format("15:04:05.000"), text)
	}
	smsc.Terminals = handset.NewTerminals(func(e handset.Event) { line(e.Time, e) })

	ctx, cancel := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	ended := make(chan error, 2)
	if *smppAddress != "" {
		l, err := net.Listen("tcp", *smppAddress)
		if err != nil {
			return err
		}
		line(time.Now(), "SMSC listens at "+l.Addr().String())
		parts.Go(func() { ended <- smsc.Serve(ctx, l) })
	}
	if *udpAddress != "" {
		conn, err := listenUDP(*udpAddress)
		if err != nil {
			return err
		}
		line(time.Now(), "terminal listens at "+conn.LocalAddr().String()+" (UDP)")
		parts.Go(func() { ended <- smsc.Terminals.ServeUDP(ctx, conn) })
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

// usage lists the flags as the README and the gateway's commands write them, with two hyphens.
func usage(flags *flag.FlagSet) {
	out := flags.Output()
	var list strings.Builder
	flags.SetOutput(&list)
	flags.PrintDefaults()
	flags.SetOutput(out)
	fmt.Fprint(out, "Usage: handset [flags]", strings.ReplaceAll("\n"+list.String(), "\n  -", "\n  --"))
}

func listenUDP(address string) (*net.UDPConn, error) {
	a, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	return net.ListenUDP("udp", a)
}
