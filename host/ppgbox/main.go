// Command ppgbox is a Push Proxy Gateway: it takes pushes over PAP and sends each one through plugins that a configuration
// selects push by push. "ppgbox --help" lists what it can do.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// Exit codes, for scripts.
const (
	exitOK       = 0
	exitFailed   = 1 // it did not work: refused, unreachable, not delivered
	exitUsage    = 2 // the command line or the configuration is wrong
	exitNotFound = 3 // what was asked for does not exist
	exitPending  = 4 // waited long enough; there is no final state yet
)

// commands is the command line.
type commands struct {
	Serve      serveCommand      `cmd:"" help:"Run the gateway until it is told to stop (SIGTERM, SIGINT). SIGHUP reads the configuration again."`
	Check      checkCommand      `cmd:"" help:"Check a configuration and report every problem with file, line and key."`
	Explain    explainCommand    `cmd:"" help:"Tell where a push would go and why, without sending it."`
	Push       pushCommand       `cmd:"" help:"Submit a push over PAP, as a Push Initiator does."`
	Status     statusCommand     `cmd:"" help:"Tell the state of a push for each recipient."`
	Trace      traceCommand      `cmd:"" help:"Show the timeline of a push: every step with plugin, node, cause and duration."`
	Reload     reloadCommand     `cmd:"" help:"Have the running gateway read its configuration again."`
	SMSC       smscCommand       `cmd:"" name:"smsc" help:"Run the push-dedicated SMSC until it is told to stop (SIGTERM, SIGINT)."`
	GGSN       ggsnCommand       `cmd:"" name:"ggsn" help:"Run the push GGSN until it is told to stop (SIGTERM, SIGINT)."`
	Backup     backupCommand     `cmd:"" help:"Have the running gateway copy its store into a file, without stopping."`
	Subscriber subscriberCommand `cmd:"" help:"Enter, show and remove subscribers, whom user identifiers stand for."`
	Plugin     pluginCommand     `cmd:"" help:"List, lock and serve plugins."`
	Password   passwordCommand   `cmd:"" help:"Print the hash of a password for a password_file."`
	Demo       demoCommand       `cmd:"" help:"Show pushes on their way to a terminal on this machine; nothing has to be installed or configured."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// streams is where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run carries out a command line and returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	exited := -1
	parser, err := kong.New(&commands{}, kong.Name("ppgbox"),
		kong.Description("A Push Proxy Gateway: pushes come over PAP and go out through plugins for content, routing and bearers.\n\n"+
			"Exit codes: 0 done, 1 it did not work, 2 the command line or the configuration is wrong, 3 not found, 4 no final state yet."),
		kong.Writers(out, errOut), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(streams{in: in, out: out, err: errOut}, (*streams)(nil)),
	)
	if err != nil {
		fmt.Fprintln(errOut, "ppgbox:", err)
		return exitUsage
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 { // help was asked for
		return exited
	}
	if err != nil {
		parser.Errorf("%s", err)
		return exitUsage
	}
	err = ctx.Run(streams{in: in, out: out, err: errOut})
	var e *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		if e.err != nil {
			fmt.Fprintln(errOut, "ppgbox:", e.err)
		}
		return e.code
	default:
		fmt.Fprintln(errOut, "ppgbox:", err)
		return exitFailed
	}
}

// An exitError ends the program with a code other than exitFailed, with or without something to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }
