package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	runDirPrefix = "ppgbox-"
	// maxSocketPath is what fits the address of a Unix socket with its closing zero (unix(7), sun_path).
	maxSocketPath = 107
	// socketNameSize is room for what follows the host's folder: "/" and the number of a process, and go-plugin's "/plugin"
	// with ten random digits.
	socketNameSize = 1 + 6 + 1 + 6 + 10
)

// runDir is the folder of mode 0700 that holds a folder for each plugin process, with its socket. It has a random name, so
// that several hosts and their command line share one parent, and is locked for as long as its host lives: what a killed host
// left behind is known by the missing lock.
type runDir struct {
	path string
	held *os.File
	next atomic.Uint64
}

// newRunDir makes a fresh folder under parent, which it makes if need be, and removes those of hosts that are gone.
func newRunDir(parent string) (*runDir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	// MkdirTemp adds up to ten digits.
	if n := len(parent) + 1 + len(runDirPrefix) + 10 + socketNameSize; n > maxSocketPath {
		return nil, fmt.Errorf("run directory %s: its path is %d octets too long: a socket's path may have %d and would have up to %d",
			parent, n-maxSocketPath, maxSocketPath, n)
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	sweep(parent)
	// Another host that sweeps may take a new folder for an abandoned one before it is locked; then the next is made.
	for range 10 {
		d := &runDir{}
		if d.path, err = os.MkdirTemp(parent, runDirPrefix); err != nil {
			break
		}
		if d.held, err = hold(d.path); err == nil {
			return d, nil
		}
		_ = os.RemoveAll(d.path)
	}
	return nil, fmt.Errorf("run directory: %w", err)
}

// hold locks a folder, and fails if somebody else has locked it or it is gone.
func hold(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}

// sweep removes the folders whose host is gone. Those of other users can not be opened and stay.
func sweep(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), runDirPrefix)
		if _, err := strconv.ParseUint(digits, 10, 64); !ours || err != nil || !e.IsDir() {
			continue // not made by MkdirTemp
		}
		path := filepath.Join(parent, e.Name())
		if f, err := hold(path); err == nil {
			_ = os.RemoveAll(path)
			_ = f.Close()
		}
	}
}

// process makes the folder of one plugin process.
func (d *runDir) process() (string, error) {
	// The number starts over long before it has more digits than there is room for, and a folder in use is passed over.
	for {
		path := filepath.Join(d.path, strconv.FormatUint(d.next.Add(1)%1_000_000, 10))
		err := os.Mkdir(path, 0o700)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		return path, err
	}
}

// remove removes the folder with all in it.
func (d *runDir) remove() error {
	defer d.held.Close()
	return os.RemoveAll(d.path)
}
