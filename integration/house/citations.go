package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// ownDocument is a document of a repository by its name, and what stands before it: the rest of an address, or a pattern.
var ownDocument = regexp.MustCompile(`[\w:/.*<>{}-]*\w\.md\b`)

// citations returns the documents that comments and documents name and that are not in the repository: whoever reads it can not
// look there.
func citations(root string) ([]string, error) {
	all, err := files(root)
	if err != nil {
		return nil, err
	}
	var breaches []string
	for _, file := range all {
		if strings.Contains(file, "testdata/") {
			continue
		}
		text, err := prose(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		for _, name := range ownDocument.FindAllString(text, -1) {
			if strings.Contains(name, "://") || strings.ContainsAny(name, "*<{") || there(root, path.Dir(file), name) {
				continue
			}
			breaches = append(breaches, fmt.Sprintf("%s names %s, which is not in the repository: say what is in it", file, name))
		}
	}
	return breaches, nil
}

// prose returns what a file says to its reader: a document whole, of a Go file the comments, of others nothing.
func prose(file string) (string, error) {
	switch filepath.Ext(file) {
	case ".md":
		text, err := os.ReadFile(file)
		return string(text), err
	case ".go":
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		if ast.IsGenerated(parsed) {
			return "", nil
		}
		var b strings.Builder
		for _, c := range parsed.Comments {
			b.WriteString(c.Text() + "\n")
		}
		return b.String(), nil
	}
	return "", nil
}

// there tells whether a document is in the repository, seen from a folder or from the root. A README without more is that of any
// folder.
func there(root, folder, name string) bool {
	if name == "README.md" {
		return true
	}
	for _, from := range []string{folder, "."} {
		if _, err := os.Stat(filepath.Join(root, from, name)); err == nil {
			return true
		}
	}
	return false
}
