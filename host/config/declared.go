package config

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// LoadDeclared reads a configuration file of another process of this program, whose keys are declared like those of a plugin.
// Keys that are not declared, values of another type and files that are not there are problems; parse gets the rest, with the
// folder that relative paths start at, and says what else is wrong by plugin.Problems. All problems come at once, as Problems;
// another error says that the file can not be read.
func LoadDeclared(file string, keys []plugin.Key, parse func(dir string, c plugin.Config) error) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err // it names the file
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	raw := map[string]any{}
	if _, err := toml.Decode(string(text), &raw); err != nil {
		return syntaxProblem(file, text, err)
	}
	r := &reader{file: file, dir: filepath.Dir(abs), lines: findLines(text)}
	rest, typed := r.declared(nil, raw, keyTree(keys))
	if !typed {
		return r.problems.err()
	}
	section, err := encode(rest)
	if err != nil {
		return err
	}
	err = parse(r.dir, plugin.Config{TOML: section})
	var found plugin.Problems
	if err != nil && !errors.As(err, &found) {
		return err
	}
	for _, f := range found {
		if at := path(splitKey(f.Key)); !r.named[at.String()] {
			r.add(at, "", f.Text)
		}
	}
	return r.problems.err()
}

// PasswordHash is the bcrypt hash in a file that "ppgbox password" was written to. An error never holds what is in the file.
func PasswordHash(file string) ([]byte, error) {
	hash, problem := readHash(file)
	if problem != "" {
		return nil, errors.New(problem)
	}
	return hash, nil
}
