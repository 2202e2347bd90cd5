package house

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// files returns the files of the repository at root, from there and with slashes: those that git keeps or would keep. What it
// ignores (.gitignore), like the folder in which somebody tries the gateway, has no rules. Where git can not tell, these are all
// files.
func files(root string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		if list, err := listed(root); err == nil {
			return list, nil
		}
	}
	var all []string
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		relative, err := filepath.Rel(root, file)
		all = append(all, filepath.ToSlash(relative))
		return err
	})
	return all, err
}

// listed asks git.
func listed(root string) ([]string, error) {
	git := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") }) // set in a hook
	out, err := git.Output()
	if err != nil {
		return nil, err
	}
	list := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	return slices.DeleteFunc(list, func(name string) bool {
		_, err := os.Lstat(filepath.Join(root, name))
		return err != nil // deleted, and the index does not know yet
	}), nil
}
