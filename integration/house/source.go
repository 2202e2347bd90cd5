package house

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the module path of this repository.
const module = "github.com/ppgbox/ppgbox"

// A source is one Go file of the tree.
type source struct {
	path      string // from the root, with slashes
	pkg       string // of its package clause
	doc       bool   // has a package comment
	generated bool   // says so itself (go help generate)
	lines     int
	imports   []string
}

// folder returns the folder of the file, from the root.
func (s source) folder() string { return path.Dir(s.path) }

// within reports whether the file lies in folder or below it.
func (s source) within(folder string) bool { return strings.HasPrefix(s.path, folder+"/") }

// ours returns what the file imports of this module, as folders from the root.
func (s source) ours() []string {
	var folders []string
	for _, i := range s.imports {
		if folder, ok := strings.CutPrefix(i, module+"/"); ok {
			folders = append(folders, folder)
		}
	}
	return folders
}

// sources parses every Go file of the repository, but not those in testdata and in folders that the go command does not enter.
func sources(root string) ([]source, error) {
	list, err := files(root)
	if err != nil {
		return nil, err
	}
	var all []source
	for _, file := range list {
		if !strings.HasSuffix(file, ".go") || slices.ContainsFunc(strings.Split(path.Dir(file), "/"), notEntered) {
			continue
		}
		s, err := parse(root, filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func notEntered(folder string) bool {
	return folder != "." && strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_") || folder == "testdata"
}

func parse(root, file string) (source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return source{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return source{}, fmt.Errorf("house: %w", err)
	}
	relative, err := filepath.Rel(root, file)
	if err != nil {
		return source{}, err
	}
	s := source{
		path:      filepath.ToSlash(relative),
		pkg:       parsed.Name.Name,
		doc:       parsed.Doc != nil,
		generated: ast.IsGenerated(parsed),
		lines:     bytes.Count(text, []byte("\n")),
	}
	for _, i := range parsed.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return source{}, fmt.Errorf("%s: %w", s.path, err)
		}
		s.imports = append(s.imports, name)
	}
	return s, nil
}
