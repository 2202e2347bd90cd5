// Package pluginhost starts the plugins of a gateway, watches them, and hands them their items.
//
// Every instance of a plugin is one child process. Bundled plugins are the host's own binary started as "plugin serve
// bearer/sms"; all others are executables named ppgbox-<kind>-<name> in the plugin directory. Nothing else tells them apart.
//
// One instance is looked after by one goroutine (instance.go). It starts the process (run.go), waits until it dies, hangs or
// loses its stream, and starts the next one after a pause that doubles from failure to failure (backoff.go). An instance that
// failed too often is called failed, once and loudly, and is tried at the longest interval from then on, or at once when the
// configuration is loaded again.
//
// What a plugin is given: no environment of the host's, a quarter of the processors if it is in Go, a socket folder of its own, the read end of a pipe whose end of file
// says that the host is gone, and a death signal for the case that it does not listen (process.go). What it says on its
// standard output and error goes to the host's log, cut and limited (logs.go).
package pluginhost
