package ggsn

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// nextRestart returns the restart counter of this start: one more than at the last one, modulo 256 (3GPP TS 23.007 §10.3.2). It is on disk
// before anybody hears of it, so that no start ever has the counter of the one before. What can not be read is an error and no new
// beginning: peers would take the same counter for the same node, with its contexts.
func nextRestart(file string) (uint8, error) {
	text, err := os.ReadFile(file)
	var last uint64
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return 0, fmt.Errorf("restart counter: %w", err)
	default:
		if last, err = strconv.ParseUint(strings.TrimSpace(string(text)), 10, 8); err != nil {
			return 0, fmt.Errorf("restart counter: %s has to hold a number from 0 to 255; write one into it that is not the one that peers know", file)
		}
	}
	next := uint8(last + 1)
	if err := replace(file, strconv.Itoa(int(next))+"\n"); err != nil {
		return 0, fmt.Errorf("restart counter: %w", err)
	}
	return next, nil
}

// replace writes a file so that after a crash there is the old one or the new one, whole.
func replace(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	temporary := file + ".new"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, file); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
