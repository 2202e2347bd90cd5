// Package box runs the real ppgbox binary with a configuration, a data folder and ports of its own.
package box
