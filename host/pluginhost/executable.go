package pluginhost

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// outsidePrefix begins the file name of every plugin that is not bundled: ppgbox-<kind>-<name>.
const outsidePrefix = "ppgbox-"

// pluginName is the form of a plugin's name. It becomes part of a path, so it holds no separator and no dot.
var pluginName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// instanceName is the form of an instance's name, a bare key of TOML.
var instanceName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// executable is the file of a plugin, open and checked against the lock. The process is started from the open file, so that
// what was checked is what runs, even if the file at the path is replaced in between.
type executable struct {
	kind  plugin.Kind
	name  string
	path  string
	args  []string // as the process sees them
	file  *os.File
	owned bool // file is ours to close
	sum   [sha256.Size]byte
	stat  fs.FileInfo
}

// splitUse takes "bearer/sms" apart.
func splitUse(use string) (plugin.Kind, string, error) {
	k, name, _ := strings.Cut(use, "/")
	kind := plugin.Kind(k)
	switch kind {
	case plugin.KindEncoder, plugin.KindRouting, plugin.KindBearer:
	default:
		return "", "", fmt.Errorf("%q: want encoder/NAME, routing/NAME or bearer/NAME", use)
	}
	if !pluginName.MatchString(name) {
		return "", "", fmt.Errorf("%q: a name is small letters, digits, \"-\" and \"_\"", use)
	}
	return kind, name, nil
}

// find says which file holds a plugin, and whether it is bundled.
func (h *Host) find(use string) (path string, bundled bool, err error) {
	kind, name, err := splitUse(use)
	if err != nil {
		return "", false, err
	}
	bundled = slices.Contains(h.opt.Bundled, use)
	if h.opt.PluginDir != "" {
		path = filepath.Join(h.opt.PluginDir, fmt.Sprintf("%s%s-%s", outsidePrefix, kind, name))
	}
	outside := false
	if path != "" {
		st, err := os.Stat(path)
		switch {
		case err == nil && !st.Mode().IsRegular():
			return "", false, fmt.Errorf("%s is not a file", path)
		case err == nil:
			outside = true
		case !errors.Is(err, fs.ErrNotExist):
			return "", false, err
		}
	}
	switch {
	case bundled && outside:
		// Taking either in silence would surprise somebody.
		return "", false, fmt.Errorf("%s is bundled and also in the plugin directory: remove or rename %s", use, path)
	case bundled:
		return h.opt.Self, true, nil
	case outside:
		return path, false, nil
	case path == "":
		return "", false, fmt.Errorf("%s is not bundled, and there is no plugin directory", use)
	}
	return "", false, fmt.Errorf("%s is not bundled, and there is no %s", use, path)
}

// open opens the file of a plugin and checks it against the lock file, which is read anew for every start.
func (h *Host) open(use string) (*executable, error) {
	path, bundled, err := h.find(use)
	if err != nil {
		return nil, err
	}
	kind, name, _ := splitUse(use)
	e := &executable{kind: kind, name: name, path: path, args: []string{path}}
	line := filepath.Base(path)
	if bundled {
		// The file that was there when the host began: a new binary on disk takes effect for host and plugins together.
		e.args = append(e.args, "plugin", "serve", use)
		e.file, line = h.self, hostLine
	} else {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		e.file, e.owned = f, true
	}
	if err := e.verify(h, line); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *executable) verify(h *Host, line string) error {
	var err error
	if e.stat, err = e.file.Stat(); err != nil {
		return err
	}
	if e.stat.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is not executable", e.path)
	}
	// A hash of its own for every start. go-plugin's SecureConfig can not be used here: it checks a path and not what is
	// started, and wants go-plugin to start it.
	if e.sum, err = sumOf(e.file); err != nil {
		return fmt.Errorf("%s: %w", e.path, err)
	}
	l, err := readLock(h.opt.LockFile)
	if err != nil {
		return err
	}
	if l == nil {
		if h.locked {
			return fmt.Errorf("%s: the lock file %s was there when the gateway started and is gone", e.path, h.opt.LockFile)
		}
		return nil
	}
	return l.check(h.opt.LockFile, line, e.path, e.sum)
}

func (e *executable) close() {
	if e.owned {
		_ = e.file.Close()
	}
}

// changedOnDisk says whether the path holds another file by now.
func (e *executable) changedOnDisk() bool {
	st, err := os.Stat(e.path)
	return err != nil || !os.SameFile(st, e.stat) || st.Size() != e.stat.Size() || !st.ModTime().Equal(e.stat.ModTime())
}
