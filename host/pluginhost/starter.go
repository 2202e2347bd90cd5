package pluginhost

import (
	"os/exec"
	"runtime"
)

// starter starts processes from one operating system thread, which lives until it is stopped. The death signal of a process is
// sent when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG), not when its parent does; Go ends threads as it
// likes, so a process started from any goroutine could be killed at any time.
type starter struct {
	jobs chan func()
}

func newStarter() *starter {
	s := &starter{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

func (s *starter) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	s.jobs <- func() { err <- cmd.Start() }
	return <-err
}

// stop ends the thread. No process may be left.
func (s *starter) stop() { close(s.jobs) }
