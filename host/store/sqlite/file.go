package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// createFile makes the database's file, with mode 0600, and the folders above it, with mode 0700, and syncs the folders that
// got a new entry. It does nothing to a file that is there.
func createFile(path string) error {
	if err := createFolder(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func createFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrNotExist) {
		if err := createFolder(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o700)
	}
	if err == nil {
		return syncFolder(filepath.Dir(path))
	}
	if info, e := os.Stat(path); e == nil && info.IsDir() {
		return nil
	}
	return err
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// lockFile takes the lock that one host holds as long as it has the database open. The kernel frees it when the host dies,
// however it dies. The file stays: were it removed, two hosts could each lock a file of that name.
func lockFile(path, host string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 200))
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another host has it open (%s): stop that one first, or give this one a store of its own",
				strings.TrimSpace(string(holder)))
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Who holds it is there to be read by people only, so that a failed write is no reason not to start.
	_ = f.Truncate(0)
	_, _ = fmt.Fprintf(f, "%s, process %d\n", host, os.Getpid())
	return f, nil
}
