package pluginhost

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWriteLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, lockFile := filepath.Join(dir, "renamed-binary"), filepath.Join(dir, "ppgbox.lock")
	// SHA-256 of "abc": FIPS 180-2, appendix B.1.
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for path, text := range map[string]string{self: "abc", filepath.Join(dir, "ppgbox-routing-x"): "abc"} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // also over an old one
		lines, _, err := WriteLock(lockFile, self, dir)
		if err != nil || fmt.Sprint(lines) != fmt.Sprintf("[{ppgbox %s} {ppgbox-routing-x %s}]", abc, abc) {
			t.Fatalf("%v, %v", lines, err)
		}
	}
	l, err := readLock(lockFile)
	if err != nil || len(l) != 2 || l["ppgbox"] != sha256.Sum256([]byte("abc")) {
		t.Errorf("read back: %x, %v", l, err)
	}
	// The form is that of sha256sum(1).
	if tool, err := exec.LookPath("sha256sum"); err == nil {
		out, err := exec.Command("sh", "-c", "cd "+dir+" && grep ppgbox-routing-x ppgbox.lock | "+tool+" -c").CombinedOutput()
		if err != nil {
			t.Errorf("sha256sum: %s", out)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, _, err := WriteLock(lockFile, filepath.Join(dir, "nosuch"), ""); err == nil {
		t.Error("a missing binary was locked")
	}
}

// Who names a plugin wrongly learns it.
func TestWriteLockSaysWhatNobodyStarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var want []string
	for _, f := range []struct {
		name string
		mode os.FileMode
		want bool
	}{
		{"ppgbox-bearer-folder", 0o755, false},
		{"ppgbox-bearer-folder.old", 0o644, true},
		{"ppgbox-folder", 0o755, true},
		{"ppgbox-carrier-pigeon", 0o755, true},
		{"ppgbox-bearer-", 0o755, true},
		{"folder", 0o755, true},
		{"README", 0o644, false},
	} {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte("abc"), f.mode); err != nil {
			t.Fatal(err)
		}
		if f.want {
			want = append(want, path)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	lines, misnamed, err := WriteLock(filepath.Join(t.TempDir(), "lock"), filepath.Join(dir, "README"), dir)
	slices.Sort(want)
	if err != nil || !slices.Equal(misnamed, want) || len(lines) != 2 || lines[1].Name != "ppgbox-bearer-folder" {
		t.Errorf("misnamed %q, want %q; lines %v, %v", misnamed, want, lines, err)
	}
}

func TestParseLock(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("ab", 32)
	for _, c := range []struct {
		name, text, want string // want is part of the error
	}{
		{"comments and empty lines", "# x\n\n" + sum + "  ppgbox\n", ""},
		{"no name", sum + "\n", "line 1"},
		{"one space", sum + " ppgbox\n", "line 1"},
		{"short", sum[2:] + "  ppgbox\n", "not a SHA-256"},
		{"not hexadecimal", "zz" + sum[2:] + "  ppgbox\n", "not a SHA-256"},
		{"twice", sum + "  ppgbox\n#\n" + sum + "  ppgbox\n", "line 3: ppgbox is there twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := parseLock([]byte(c.text))
			switch {
			case c.want == "" && (err != nil || len(l) != 1):
				t.Errorf("%v, %v", l, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v without %q", err, c.want)
			}
		})
	}
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte(lockHeader + strings.Repeat("ab", 32) + "  ppgbox\n"))
	f.Add([]byte("zz  x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := parseLock(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		for name, sum := range l {
			fmt.Fprintf(&b, "%x  %s\n", sum, name)
		}
		again, err := parseLock(b.Bytes())
		if err != nil || len(again) != len(l) {
			t.Errorf("%q does not survive: %v, %v", text, again, err)
		}
	})
}
