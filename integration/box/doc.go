// Package box runs the real ppgbox binary, as a gateway or as a push SMSC, with a configuration, a data folder and ports of its own.
package box
