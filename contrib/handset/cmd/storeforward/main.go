// Command storeforward is an SMSC emulator that stores and forwards: it answers a submission at once, forwards every SMS on its own to an
// MSC (the command handset, say), again and again by a schedule, and sends delivery receipts.
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
		fmt.Fprintln(os.Stderr, "storeforward:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	smsc := handset.StoreForward{}
	flags := flag.NewFlagSet("storeforward", flag.ContinueOnError)
	address := flags.String("smpp", "127.0.0.1:2776", "where it listens")
	flags.StringVar(&smsc.MSC, "msc", "127.0.0.1:2775", "where it forwards to, over SMPP in transaction mode")
	flags.StringVar(&smsc.SystemID, "system-id", "", "system_id that ESMEs must bind with (default any)")
	flags.StringVar(&smsc.Password, "password", "", "password that ESMEs must bind with (default any)")
	retry := flags.String("retry", "5m,5m,15m,15m,1h", "pauses after a failure, the last one again and again")
	flags.DurationVar(&smsc.Validity, "validity", 24*time.Hour, "how long an SMS is stored at most")
	flags.Usage = func() { usage(flags) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if smsc.Validity <= 0 {
		return fmt.Errorf("--validity %v: must be longer than nothing", smsc.Validity)
	}
	for word := range strings.SplitSeq(*retry, ",") {
		d, err := time.ParseDuration(word)
		if err != nil || d <= 0 {
			return fmt.Errorf("--retry: %q is no duration like 60s", word)
		}
		smsc.Retry = append(smsc.Retry, d)
	}
	var mu sync.Mutex
	line := func(at time.Time, text any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, at.Format("15:04:05.000"), text)
	}
	smsc.Report = func(e handset.Event) { line(e.Time, e) }
	l, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	line(time.Now(), "SMSC listens at "+l.Addr().String())
	return smsc.Serve(ctx, l)
}

// usage lists the flags as the README and the gateway's commands write them, with two hyphens.
func usage(flags *flag.FlagSet) {
	out := flags.Output()
	var list strings.Builder
	flags.SetOutput(&list)
	flags.PrintDefaults()
	flags.SetOutput(out)
	fmt.Fprint(out, "Usage: storeforward [flags]", strings.ReplaceAll("\n"+list.String(), "\n  -", "\n  --"))
}
