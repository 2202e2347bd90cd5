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
	var areas []handset.Area
	flags.Func("area", "`PREFIX=LOSS[,BURST]`: the loss for numbers that begin so, and how long they are out of reach at a time; may be repeated", func(text string) error {
		a, err := handset.ParseArea(text)
		areas = append(areas, a)
		return err
	})
	known := flags.String("known-after", "", "how long until a loss is known; several, with commas: equally often (default the delay)")
	memory := flags.String("memory", "", "how long a terminal keeps an incomplete message, or forever; several, with commas: a terminal for each (default 10m)")
	asJSON := flags.Bool("json", false, "print events as JSON, a line each")
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
	// What the areas do not say is said by the share of all; an empty prefix fits every number.
	smsc.Radio.Loss = handset.AreaLoss(append(areas, handset.Area{Share: *loss}), *seed)
	delays, err := durations(*known)
	if err != nil {
		return fmt.Errorf("--known-after: %w", err)
	}
	if len(delays) > 0 {
		smsc.Radio.LossDelay = handset.RandomDelay(delays, *seed+1)
	}
	memories, err := durations(*memory)
	if err != nil {
		return fmt.Errorf("--memory: %w", err)
	}

	var mu sync.Mutex
	line := func(at time.Time, text any) {
		if *asJSON {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, at.Format("15:04:05.000"), text)
	}
	report := func(e handset.Event) { line(e.Time, e) }
	if *asJSON {
		lines := newEventWriter(out)
		defer lines.flush()
		report = lines.write
	}
	smsc.Terminals = handset.NewTerminals(report, memories...)

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

// durations reads what stands between commas; "forever" is one, too.
func durations(text string) ([]time.Duration, error) {
	if text == "" {
		return nil, nil
	}
	var all []time.Duration
	for word := range strings.SplitSeq(text, ",") {
		d := handset.ForEver
		if word != "forever" {
			var err error
			if d, err = time.ParseDuration(word); err != nil || d <= 0 {
				return nil, fmt.Errorf("%q is no duration like 20s", word)
			}
		}
		all = append(all, d)
	}
	return all, nil
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
