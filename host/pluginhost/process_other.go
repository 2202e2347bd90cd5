//go:build !linux

package pluginhost

import "syscall"

// Without Linux there is no death signal: a plugin outlives a killed host unless it watches the inherited pipe, as the SDK
// does. The file is started by its path.

func sysProcAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func execPath(string, string, int) (string, error) { return "", nil }

func awaitExit(int) {}
