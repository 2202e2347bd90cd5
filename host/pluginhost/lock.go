package pluginhost

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hostLine names the host's own binary, whatever its file is called, and with it all bundled plugins.
const hostLine = "ppgbox"

const lockHeader = `# The plugins that this gateway may start, by SHA-256. Written by "ppgbox plugin lock".
# "ppgbox" is the gateway's own binary with its bundled plugins.
`

// lock is the content of a lock file: the SHA-256 of every file that may be started. The file is text in the form of
// sha256sum(1): a line for each, 64 hexadecimal digits, two spaces and the name; empty lines and those that begin with "#"
// count for nothing.
type lock map[string][sha256.Size]byte

// Locked is one line of a lock file.
type Locked struct {
	Name   string `json:"name"` // "ppgbox" or "ppgbox-bearer-x"
	SHA256 string `json:"sha256"`
}

// WriteLock writes to path the lock of the host's binary self and of every plugin in pluginDir ("" for none), and returns its
// lines. An old file is replaced in one step. Misnamed are the paths of files in pluginDir that are programs, or begin like
// plugins, but whose names are not of the form ppgbox-<kind>-<name>: nothing starts them, and they are not in the lock.
func WriteLock(path, self, pluginDir string) (lines []Locked, misnamed []string, err error) {
	files := map[string]string{hostLine: self}
	if pluginDir != "" {
		found, err := os.ReadDir(pluginDir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("plugin directory: %w", err)
		}
		for _, f := range found {
			file := filepath.Join(pluginDir, f.Name())
			switch {
			case isOutsideName(f.Name()):
				files[f.Name()] = file
			case strings.HasPrefix(f.Name(), outsidePrefix) || isProgram(file):
				misnamed = append(misnamed, file)
			}
		}
	}
	for name, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, nil, fmt.Errorf("lock: %w", err)
		}
		sum, err := sumOf(f)
		_ = f.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("lock: %s: %w", file, err)
		}
		lines = append(lines, Locked{Name: name, SHA256: hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(lines, func(a, b Locked) int { return strings.Compare(a.Name, b.Name) })

	var b bytes.Buffer
	b.WriteString(lockHeader)
	for _, l := range lines {
		fmt.Fprintf(&b, "%s  %s\n", l.SHA256, l.Name)
	}
	if err := replaceFile(path, b.Bytes()); err != nil {
		return nil, nil, fmt.Errorf("lock file %s: %w", path, err)
	}
	return lines, misnamed, nil
}

// isOutsideName says whether a file of this name is started for some use.
func isOutsideName(file string) bool {
	rest, ok := strings.CutPrefix(file, outsidePrefix)
	kind, name, _ := strings.Cut(rest, "-")
	_, _, err := splitUse(kind + "/" + name)
	return ok && err == nil
}

func isProgram(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}

// replaceFile puts content in place of path so that a reader, or a crash, finds the old or the new one and never half of it.
func replaceFile(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(content)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// parseLock reads a lock file; errors name its line.
func parseLock(text []byte) (lock, error) {
	l := lock{}
	sc := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		digits, name, ok := strings.Cut(line, "  ")
		if !ok {
			return nil, fmt.Errorf("line %d: want a SHA-256, two spaces and a name", n)
		}
		name = strings.TrimSpace(name)
		sum, err := hex.DecodeString(digits)
		if err != nil || len(sum) != sha256.Size {
			return nil, fmt.Errorf("line %d: %q is not a SHA-256 in hexadecimal", n, digits)
		}
		if _, twice := l[name]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n, name)
		}
		l[name] = [sha256.Size]byte(sum)
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	return l, nil
}

// readLock reads the lock file at path: nil if there is none.
func readLock(path string) (lock, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock file: %w", err)
	}
	l, err := parseLock(text)
	if err != nil {
		return nil, fmt.Errorf("lock file %s: %w", path, err)
	}
	return l, nil
}

// check holds the hash of a file, found at path, against the lock's line of that name.
func (l lock) check(lockFile, name, path string, found [sha256.Size]byte) error {
	want, ok := l[name]
	if !ok {
		return fmt.Errorf("%s is not in the lock file %s: expected a line for %s, found SHA-256 %x; \"ppgbox plugin lock\" adds it", path, lockFile, name, found)
	}
	if want != found {
		return fmt.Errorf("%s does not match the lock file %s: expected SHA-256 %x, found %x; \"ppgbox plugin lock\" accepts the new one", path, lockFile, want, found)
	}
	return nil
}

// sumOf returns the SHA-256 of a file from its beginning, without moving its offset.
func sumOf(f *os.File) (sum [sha256.Size]byte, err error) {
	st, err := f.Stat()
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, st.Size())); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
