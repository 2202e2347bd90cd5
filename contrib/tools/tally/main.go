package main

import (
	"fmt"
	"os"
	"os/exec"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: tally go test -json …")
		os.Exit(2)
	}
	well, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
	}
	if !well {
		os.Exit(1)
	}
}

// run returns false as well when the command fails without saying why in its events.
func run(command []string) (bool, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	t := newTally(os.Stdout)
	readErr := t.read(events)
	waitErr := cmd.Wait()
	if waitErr != nil && t.failed == 0 {
		t.failed++
		fmt.Fprintf(os.Stdout, "FAIL  %s: %v\n", command[0], waitErr)
	}
	return t.finish(), readErr
}
