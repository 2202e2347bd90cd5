// Package plugin is what all three kinds of plugins share: how a plugin describes itself, and how its configuration is
// checked and given to it.
//
// A plugin is a process that the gateway starts in the folder of its configuration file, with an environment of its own. What
// it writes to os.Stderr and os.Stdout goes to the gateway's log, line by line, under the name of the instance; lines of Logger
// keep their levels and keys. It is read to the end: what a plugin says right before it exits is in the log, and its last lines
// are also in the error that says how it ended, which "ppgbox plugin list" shows.
package plugin
