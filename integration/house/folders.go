package house

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// top is what may lie at the top of the repository: the host, the plugins and what both lean on, each with one folder, what stands
// beside them, and the files that tools look for there. The last two are ours to make and git's to ignore.
var top = [...]string{
	"host", "plugins", "sdk", "configs", "contrib", "integration", "go.mod", "go.sum", "README.md", ".ci", "LICENSE", "CHANGELOG.md", "Makefile",
	".gitignore", "bin", "try",
}

// sections are the headings of a plugin's README, in this order, so that each one reads like the others.
var sections = [...]string{"Name", "Description", "Configuration", "Examples", "Failures", "Specifications"}

var heading = regexp.MustCompile(`(?m)^#{1,3} +(.+?) *$`)

// toplevel returns the files and folders at root that have no place there.
func toplevel(root string) ([]string, error) {
	all, err := files(root)
	if err != nil {
		return nil, err
	}
	var breaches, seen []string
	for _, file := range all {
		name, _, _ := strings.Cut(file, "/")
		if !slices.Contains(top[:], name) && !slices.Contains(seen, name) {
			seen = append(seen, name)
			breaches = append(breaches, fmt.Sprintf("%s: the top of the repository is fixed: %s", name, strings.Join(top[:], ", ")))
		}
	}
	return breaches, nil
}

// plugins returns what the plugin folders lack: a README with all sections in order, and a sample.toml.
func plugins(root string) ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(root, "plugins", "*", "*"))
	if err != nil {
		return nil, err
	}
	var breaches []string
	for _, folder := range folders {
		name, err := filepath.Rel(root, folder)
		if err != nil {
			return nil, err
		}
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue // a doc.go of the kind
		}
		if _, err := os.Stat(filepath.Join(folder, "sample.toml")); err != nil {
			breaches = append(breaches, name+" has no sample.toml")
		}
		text, err := os.ReadFile(filepath.Join(folder, "README.md"))
		if err != nil {
			breaches = append(breaches, name+" has no README.md")
			continue
		}
		var headings []string
		for _, match := range heading.FindAllSubmatch(text, -1) {
			headings = append(headings, string(match[1]))
		}
		after := 0
		for _, section := range sections {
			at := slices.Index(headings, section)
			switch {
			case at < 0:
				breaches = append(breaches, fmt.Sprintf("%s/README.md has no section %q", name, section))
			case at < after:
				breaches = append(breaches, fmt.Sprintf("%s/README.md: section %q is out of order: %s", name, section, strings.Join(sections[:], ", ")))
			default:
				after = at
			}
		}
	}
	return breaches, nil
}
