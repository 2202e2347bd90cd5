package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ppgbox/ppgbox/host/pap"
)

type passwordCommand struct{}

// Help implements kong.HelpProvider.
func (passwordCommand) Help() string {
	return "Reads one line, the password, from standard input and prints its hash. Example:\n\n" +
		"  echo -n 'the password' | ppgbox password > secrets/mmsc"
}

// Run implements the command.
func (passwordCommand) Run(s streams) error {
	if f, ok := s.in.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			fmt.Fprint(s.err, "Password (it is shown): ")
		}
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the password: %w", err)
	}
	hash, err := pap.HashPassword(strings.TrimRight(line, "\r\n"))
	if err != nil {
		return &exitError{exitUsage, err}
	}
	fmt.Fprintln(s.out, string(hash))
	return nil
}
