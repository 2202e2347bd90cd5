package pluginhost

import (
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// sysProcAttr makes a process that leads its own group, so that a Ctrl-C is the host's alone and the plugin's own children
// can be ended with it, and that is killed when the host dies, also if it is stopped or spins.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// execPath returns a path in dir that leads to the file inherited as descriptor fd, by whatever name it has or had on disk.
// Its last part is what ps(1) shows.
func execPath(dir, name string, fd int) (string, error) {
	link := filepath.Join(dir, name)
	return link, os.Symlink("/proc/self/fd/"+itoa(fd), link)
}

// awaitExit returns when the process has ended and is still there as a zombie, so that its number and its group's number
// can not be anybody else's yet.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR { //nolint:errorlint // a bare errno
			return
		}
	}
}
