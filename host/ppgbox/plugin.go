package main

import (
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/ppgbox/ppgbox/host/pluginhost"
)

type pluginCommand struct {
	List  pluginListCommand  `cmd:"" help:"List the plugins of the running gateway with their state."`
	Lock  pluginLockCommand  `cmd:"" help:"Write the SHA-256 of this program and of every plugin of the configuration's plugin_dir to its lock_file."`
	Serve pluginServeCommand `cmd:"" hidden:"" help:"Run a bundled plugin; the gateway does that."`
}

type pluginListCommand struct {
	adminClient
	JSON bool `help:"Print JSON."`
}

// Run implements the command.
func (c pluginListCommand) Run(s streams) error {
	var list []pluginhost.Status
	if _, err := c.call(http.MethodGet, "/v1/plugins", &list); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, list)
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tUSES\tVERSION\tSTATE\tSINCE\tPID\tRESTARTS\tIN FLIGHT\tOLDEST\tREMARK")
	for _, p := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d of %d\t%s\t%s\n", p.Name, p.Use, p.Version, p.State,
			age(p.Since), p.PID, p.Restarts, p.InFlight, p.Window, age(p.Oldest), remark(p))
	}
	return w.Flush()
}

// age is how long ago something was, "-" for never.
func age(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return time.Since(t).Round(time.Second).String()
}

// remark is what an operator has to know of a plugin: why it takes nothing now, else that it fails, else what ended it the last time.
func remark(p pluginhost.Status) string {
	switch {
	case p.Reason != "":
		return p.Reason
	case p.Failures != nil && p.Failures.Count == 1:
		return fmt.Sprintf("its last answer, %s ago, was a failure: %s", age(p.Failures.At), p.Failures.Cause)
	case p.Failures != nil:
		return fmt.Sprintf("its last %d answers were failures, the last %s ago: %s", p.Failures.Count, age(p.Failures.At), p.Failures.Cause)
	case p.LastError != "":
		return "ended before: " + p.LastError
	}
	return ""
}

type pluginLockCommand struct {
	configFile
	JSON bool `help:"Print JSON."`
}

// Help implements kong.HelpProvider.
func (pluginLockCommand) Help() string {
	return "With a lock file the gateway starts only what is in it, unchanged. Write it again after every update."
}

// Run implements the command.
func (c pluginLockCommand) Run(s streams) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	opts, err := pluginOptions(cfg, nil)
	if err != nil {
		return err
	}
	lines, misnamed, err := pluginhost.WriteLock(opts.LockFile, opts.Self, opts.PluginDir)
	if err != nil {
		return err
	}
	for _, path := range misnamed {
		fmt.Fprintf(s.err, "%s is left out: the file of a plugin is named ppgbox-KIND-NAME, as in ppgbox-bearer-folder\n", path)
	}
	if c.JSON {
		return printJSON(s.out, lines)
	}
	for _, l := range lines {
		fmt.Fprintf(s.out, "%s  %s\n", l.SHA256, l.Name)
	}
	fmt.Fprintln(s.out, "written to", opts.LockFile)
	return nil
}

type pluginServeCommand struct {
	Name string `arg:"" help:"Kind and name, as in bearer/sms."`
}

// Run implements the command.
func (c pluginServeCommand) Run(streams) error {
	serve, ok := bundled()[c.Name]
	if !ok {
		return &exitError{exitUsage, fmt.Errorf("there is no bundled plugin %q; there are %v", c.Name, bundledNames())}
	}
	serve()
	return nil
}
