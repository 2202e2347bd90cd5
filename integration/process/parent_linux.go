package process

import (
	"os/exec"
	"syscall"
)

// dieWithParent keeps a test that runs out of time from leaving programs behind.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
