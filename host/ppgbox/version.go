package main

import (
	"fmt"
	"runtime/debug"
)

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(s streams) error {
	fmt.Fprintln(s.out, "ppgbox", version())
	return nil
}

// version is that of the module, or of the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && v == "(devel)" {
			v = s.Value
		}
	}
	return v
}
